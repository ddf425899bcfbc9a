"""Trains a refiner behind one level's decoder, and its inner stages, on a GPU by the clock.

Encoder and codebook stay, so codes keep their meaning. First by the spectrum alone, then against
the paper's discriminators on audio and against discriminators that hear its spectrum.

python examples/gpu/decoder.py high --bundle weights --packed packed.npz --music MUSIC \
    -o OUT --until UNIX_SECONDS
"""

import argparse
import math
import time
from pathlib import Path

import torch
from bank import Bank
from pace import CHECK_EVERY, Average, Clock, Log, as_graph, optimiser, quick, set_rate, write
from safetensors.torch import load_file
from terms import flatness, relative_matching, tonality_loss, use_filters
from torch import Tensor, nn

from d2m_cli.bundles.packing import unpacked
from d2m_cli.codec.refiner import Refiner
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.losses.adversarial import hinge_discriminator, hinge_generator
from d2m_cli.losses.reconstruction import SpectralWeights, multi_resolution_loss
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.models.spectral_discriminator import SpectralDiscriminators
from d2m_cli.spec import Level
from d2m_cli.training.codec.trainable import CodecNet

FIRST_STAGE = {Level.HIGH: 3, Level.LOW: 2}
SPECTRUM = SpectralWeights(log_mel=1.0, log_linear=0.2, convergence=0.125, waveform=0.1)
CHANNELS = (16, 64, 128, 256, 256, 256)
HEARD = 8192
"""Samples of each crop that the window-based discriminators hear."""
PEAKS_DB = (-24.0, -1.0)
BLURRED = 0.4
"""Share of the crops some of whose codes are replaced by near ones, as a generator's are."""
BLUR, NEAR = 0.35, 2.0
"""The largest share of replaced codes, and how far they lie, in the usual distance of a latent
from its entry."""
ADVERSARIAL, MATCHING, TONAL = 0.1, 0.5, 0.3
"""Weights of the terms beside the spectrum's."""
RATES = (6e-4, 1e-4, 3e-4)
"""Of refiner, decoder and discriminators."""
CLIP = 10.0
VALIDATION_CROPS = 48


class Trainer:
    """Decoder, refiner, discriminators and music of a level."""

    def __init__(self, options: argparse.Namespace, device: torch.device) -> None:
        self.options, self.level, self.device = options, options.level, device
        torch.manual_seed(0)
        state = unpacked(load_file(options.bundle / f"codec_{self.level}.safetensors"))
        vqvae = VQVAE.fitting(state, self.level)
        vqvae.load_state_dict(state)
        self.refiner = (vqvae.refiner(self.level) or Refiner(self.level.hop)).to(device)
        self.codec = CodecNet(vqvae.to(device), self.level, FIRST_STAGE[self.level])
        self.codec.refiner = None
        self.codec.requires_grad_(False)
        stages = self.codec.decoder.stages()
        for stage in stages[: len(stages) - self.codec.first_stage]:
            for layer in (stage.mix, stage.residual, stage.resample):
                if layer is not None:
                    layer.requires_grad_(True)
        self.sound = nn.ModuleDict({"decoder": self.codec.decoder, "refiner": self.refiner})
        windows = MultiScaleDiscriminator(CHANNELS, input_scale=5.0)
        self.critics = nn.ModuleDict({"windows": windows, "spectra": SpectralDiscriminators()})
        self.critics.to(device)
        betas = (0.8, 0.99)
        self.adams = [
            optimiser(self.refiner, device, betas),
            optimiser(self.codec.decoder, device, betas),
            optimiser(self.critics, device, betas),
        ]
        self.average = Average(self.sound)
        self.bank = Bank(options.packed, options.music, device)
        train, held = self.bank.present("train"), self.bank.present("validation", "test")
        self.pieces = torch.tensor(train, device=device)
        self.length = torch.from_numpy(self.bank.lengths).to(device)
        torch.manual_seed(7)
        count = 2 if options.steps else VALIDATION_CROPS
        self.held = self.draw(count, torch.tensor(held or train, device=device))
        self.noise_scale = self._noise_scale()

    @torch.no_grad()
    def draw(self, batch: int, pieces: Tensor) -> Tensor:
        """Crops `(B, N)` at random levels."""
        device, samples = self.device, self.options.samples
        piece = pieces[torch.randint(len(pieces), (batch,), device=device)]
        spare = (self.length[piece] - samples).clamp(min=1)
        first = self.bank.start[piece] + (torch.rand(batch, device=device) * spare).long()
        crops = self.bank.crops(first, samples)
        low, high = PEAKS_DB
        wanted = high + (low - high) * torch.rand(batch, 1, device=device).square()
        return crops * (10 ** (wanted / 20) / crops.abs().amax(1, keepdim=True).clamp(min=0.02))

    @torch.no_grad()
    def _noise_scale(self) -> float:
        latents = self.codec.encode(self.held)
        return float((latents - self._entries(latents)).square().sum(1).mean())

    def _entries(self, latents: Tensor) -> Tensor:
        book = self.codec.codebook
        vectors = latents.transpose(1, 2).flatten(0, 1)
        codes = torch.addmm(book.pow(2).sum(1).div(2), vectors, book.t(), alpha=-1).argmin(1)
        return book[codes].view(len(latents), -1, book.shape[1]).transpose(1, 2)

    @torch.no_grad()
    def blurred(self, latents: Tensor) -> Tensor:
        """Entries `(B, 64, T)` of latents, some of them of near codes in some of the crops."""
        batch, _, count = latents.shape
        amount = torch.rand(batch, 1, 1, device=self.device) * BLUR
        amount = amount * (torch.rand(batch, 1, 1, device=self.device) < BLURRED)
        moved = torch.rand(batch, 1, count, device=self.device) < amount
        size = NEAR * math.sqrt(self.noise_scale / latents.shape[1])
        return self._entries(latents + moved * size * torch.randn_like(latents))

    def make(self, entries: Tensor) -> Tensor:
        """Sound `(B, N)` of entries."""
        wave = self.codec.decode(entries)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            made: Tensor = self.refiner(wave, entries)
        return made

    def hear(self, wave: Tensor, place: Tensor) -> list[list[Tensor]]:
        """Maps of all discriminators."""
        part = wave.gather(1, place[:, None] + torch.arange(HEARD, device=self.device))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            maps = self.critics["windows"](part[:, None])
            maps = [*maps, *self.critics["spectra"](wave)]
        return [[m.float() for m in scale] for scale in maps]

    def step(self, adversary: bool) -> Tensor:
        """One update of decoder and refiner (of the discriminators before it); its figures."""
        with torch.no_grad():
            music = self.draw(self.options.batch, self.pieces)
            entries = self.blurred(self.codec.encode(music))
            spare = music.shape[1] - HEARD
            place = torch.randint(spare + 1, (len(music),), device=self.device)
        wave = self.make(entries)
        spectral = torch.stack(list(multi_resolution_loss(wave, music, SPECTRUM).values())).sum()
        tonal = tonality_loss(wave, music)
        loss = spectral + TONAL * tonal
        zero = spectral.detach() * 0.0
        verdict = fooled = matched = zero
        if adversary:
            judged = self.hear(torch.cat([music, wave.detach()]), torch.cat([place, place]))
            real = [[m[: len(music)] for m in scale] for scale in judged]
            fake = [[m[len(music) :] for m in scale] for scale in judged]
            verdict = hinge_discriminator(real, fake) / len(real)
            self._update(verdict, self.critics, [self.adams[2]])
            self.critics.requires_grad_(False)
            heard = self.hear(wave, place)
            with torch.no_grad():
                real = self.hear(music, place)
            fooled = hinge_generator(heard) / len(heard)
            matched = relative_matching(real, heard)
            loss = loss + ADVERSARIAL * fooled + MATCHING * matched
        self._update(loss, self.sound, self.adams[:2])
        self.critics.requires_grad_(True)
        self.average.update()
        return torch.stack([x.detach() for x in (spectral, tonal, verdict, fooled, matched)])

    def _update(self, loss: Tensor, module: nn.Module, adams: list[torch.optim.Adam]) -> None:
        for adam in adams:
            adam.zero_grad(set_to_none=True)
        loss.backward()
        trained = [p for p in module.parameters() if p.requires_grad]
        nn.utils.clip_grad_norm_(trained, CLIP, foreach=True)
        for adam in adams:
            adam.step()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Losses of the averaged weights on held-out crops, and flatness against the music's."""
        self.average.swap()
        told, bands = [], []
        for music in self.held.split(self.options.batch):
            wave = self.make(self._entries(self.codec.encode(music)))
            terms = multi_resolution_loss(wave, music, SPECTRUM)
            told.append(torch.stack([*terms.values()]))
            bands.append((flatness(wave) - flatness(music)).mean((0, 2)))
        self.average.swap()
        names = list(terms)
        figures = dict(zip(names, torch.stack(told).mean(0).tolist(), strict=True))
        flat = torch.stack(bands).mean(0).tolist()
        return figures | {f"flat_{i}": value for i, value in enumerate(flat)}

    def export(self, path: Path) -> None:
        """Write the averaged decoder and refiner."""
        self.average.swap()
        state = {f"decoder.{k}": v for k, v in self.codec.decoder.state_dict().items()}
        state |= {f"refiner.{k}": v for k, v in self.refiner.state_dict().items()}
        write(path, state)
        self.average.swap()


def main() -> None:
    """Train until the clock says stop; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("level", type=Level, choices=list(Level))
    for name in ("bundle", "packed", "music", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--logs", type=Path, help="folder for the figures; else as --out")
    parser.add_argument("--until", type=float, default=0.0)
    parser.add_argument("--steps", type=int, help="instead of the clock")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--samples", type=int, default=32768)
    parser.add_argument("--adversary-from", type=float, default=0.25)
    parser.add_argument("--validate-every", type=float, default=50.0, help="seconds")
    options = parser.parse_args()
    quick()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    log = Log((options.logs or options.out) / f"decoder_{options.level}.jsonl")
    trainer = Trainer(options, device)
    use_filters(trainer.bank)
    log(noise=trainer.noise_scale, **trainer.validate())
    steps = [as_graph(lambda a=a: trainer.step(a), device) for a in (False, True)]
    trainer.average.restart()
    log(graph=True, losses=steps[1][1]().tolist())
    clock, last, second = Clock(options.until, options.steps), time.time(), False
    while clock.progress < 1.0:
        adversary = clock.progress >= options.adversary_from
        if adversary and not second:
            second = True
            trainer.export(options.out / f"spectral_{options.level}.safetensors")
            log(step=clock.number, adversary=True, **trainer.validate())
        share = clock.rate_share(final=0.02)
        for adam, rate in zip(trainer.adams, RATES, strict=True):
            set_rate(adam, rate * share)
        run, read = steps[adversary]
        for _ in range(min(CHECK_EVERY, options.steps or CHECK_EVERY)):
            run()
        clock.number += min(CHECK_EVERY, options.steps or CHECK_EVERY)
        losses = read().tolist()
        if not all(map(math.isfinite, losses)):
            log(step=clock.number, losses=losses, stopped="not finite")
            break
        if time.time() - last > options.validate_every or clock.progress >= 1.0:
            log(step=clock.number, losses=losses, **trainer.validate())
            trainer.export(options.out / f"decoder_{options.level}.safetensors")
            last = time.time()


if __name__ == "__main__":
    main()
