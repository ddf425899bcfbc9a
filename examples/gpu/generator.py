"""Trains one level's generator on a GPU by the clock: free logits, masked code modelling.

python examples/gpu/generator.py high --bundle weights --packed packed.npz --music MUSIC \
    -o OUT --until UNIX_SECONDS
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from bank import Bank
from pace import CHECK_EVERY, Average, Clock, Log, as_graph, optimiser, quick, set_rate, write
from safetensors.torch import load_file
from stretches import Stretches
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.bundles.packing import unpacked
from d2m_cli.codec.codebook import code_logits
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import Level
from d2m_cli.training.codec.trainable import CodecNet

SECONDS = {Level.HIGH: 2.0, Level.LOW: 1.0}
FIRST_STAGE = {Level.HIGH: 3, Level.LOW: 2}
VALIDATION_BATCHES = 6
CLIP = 1.0


class Trainer:
    """Generator, codec and music of a level."""

    def __init__(self, options: argparse.Namespace, device: torch.device) -> None:
        self.level, self.device, self.batch = options.level, device, options.batch
        described = json.loads((options.bundle / "bundle.json").read_text())["settings"]
        shape = described["generators"][self.level.value] | {"free": True, "masked": True}
        self.settings = GeneratorShape(**{**shape, "level": self.level})
        torch.manual_seed(0)
        self.generator = Generator(self.settings)
        state = load_file(options.start or options.bundle / f"generator_{self.level}.safetensors")
        self.generator.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
        self.generator.to(device)
        codec = unpacked(load_file(options.bundle / f"codec_{self.level}.safetensors"))
        vqvae = VQVAE.fitting(codec, self.level)
        vqvae.load_state_dict(codec)
        vqvae.requires_grad_(False).to(device)
        self.codec = CodecNet(vqvae, self.level, FIRST_STAGE[self.level])
        bank = Bank(options.packed, options.music, device, options.played)
        bank.load_sketches()
        self.train = Stretches(bank, "train", SECONDS[self.level])
        self.held = self._held_out(bank)
        self.adam = optimiser(self.generator, device, (0.8, 0.99))
        self.average = Average(self.generator)

    def _held_out(self, bank: Bank) -> list[tuple[Tensor, Conditions, Tensor]]:
        torch.manual_seed(7)
        size = min(self.batch, 32)
        sets = []
        for split in ("validation", "test"):
            stretches = Stretches(bank, split, SECONDS[self.level])
            if len(stretches.piece):
                sets += [stretches.draw(size, varied=False) for _ in range(VALIDATION_BATCHES)]
        return sets

    def nats(
        self, drawn: tuple[Tensor, Conditions, Tensor], share: Tensor, randomness: Tensor
    ) -> Tensor:
        """Nats per hidden code; a `share` `(B, 1)` of the codes is hidden."""
        wave, given, sound = drawn
        hop = self.level.hop
        count = wave.shape[1] // hop
        with torch.no_grad():
            both = torch.cat([wave, sound])[:, : count * hop]
            latents, sketch = self.codec.encode(both).chunk(2)
            vectors, book = latents.transpose(1, 2).flatten(0, 1), self.codec.codebook
            halves = book.pow(2).sum(1).div(2)
            codes = torch.addmm(halves, vectors, book.t(), alpha=-1).argmin(1)
            codes = codes.view(len(wave), count)
            entries = book[codes].transpose(1, 2)
            hidden = randomness < share
            known = known_codes(entries, hidden)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            said = self.generator(given, count, sketch, known)
        logits = code_logits(said.mean.float(), said.std.float(), book, self.generator.prior)
        logits = logits + said.free.float().transpose(1, 2)
        lost = functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="none")
        weight = hidden.flatten().float()
        return (lost * weight).sum() / weight.sum().clamp(min=1.0)

    def step(self) -> Tensor:
        """One update; returns its loss."""
        with torch.no_grad():
            drawn = self.train.draw(self.batch)
            share = torch.cos(torch.rand(self.batch, 1, device=self.device) * (math.pi / 2))
            share[::4] = 1.0
            count = self.train.samples // self.level.hop
            randomness = torch.rand(self.batch, count, device=self.device)
        loss = self.nats(drawn, share, randomness)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.generator.parameters(), CLIP, foreach=True)
        self.adam.step()
        self.average.update()
        return loss.detach()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Nats of held-out music with nothing known, and with half of the codes known."""
        self.average.swap()
        figures = {}
        count = self.train.samples // self.level.hop
        draws = torch.Generator(self.device).manual_seed(1)
        for name, share in (("nothing_known", 1.1), ("half_known", 0.5)):
            told = [
                self.nats(
                    drawn,
                    torch.full((len(drawn[0]), 1), share, device=self.device),
                    torch.rand(len(drawn[0]), count, device=self.device, generator=draws),
                )
                for drawn in self.held
            ]
            figures[name] = float(torch.stack(told).mean())
        self.average.swap()
        return figures


def main() -> None:
    """Train until the clock says stop; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("level", type=Level, choices=list(Level))
    for name in ("bundle", "packed", "music", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--played", type=Path, help="songs as `played.py` wrote them")
    parser.add_argument("--logs", type=Path, help="folder for the figures; else as --out")
    parser.add_argument("--until", type=float, default=0.0)
    parser.add_argument("--steps", type=int, help="instead of the clock")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--validate-every", type=float, default=50.0, help="seconds")
    options = parser.parse_args()
    quick()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    log = Log((options.logs or options.out) / f"generator_{options.level}.jsonl")
    trainer = Trainer(options, device)
    log(loaded=len(trainer.train.piece), **trainer.validate())
    run, read = as_graph(trainer.step, device)
    trainer.average.restart()
    log(graph=True, loss=float(read()))
    clock, best, last = Clock(options.until, options.steps), math.inf, time.time()
    while clock.progress < 1.0:
        set_rate(trainer.adam, options.rate * clock.rate_share())
        trainer.average.decay = min(0.999, (1 + clock.number) / (10 + clock.number))
        for _ in range(min(CHECK_EVERY, options.steps or CHECK_EVERY)):
            run()
        clock.number += min(CHECK_EVERY, options.steps or CHECK_EVERY)
        loss = float(read())
        if not math.isfinite(loss):
            log(step=clock.number, loss=loss, stopped="not finite")
            break
        if time.time() - last > options.validate_every or clock.progress >= 1.0:
            figures = trainer.validate()
            log(step=clock.number, loss=loss, **figures)
            if figures["nothing_known"] + figures["half_known"] < best:
                best = figures["nothing_known"] + figures["half_known"]
                trainer.average.swap()
                write(
                    options.out / f"generator_{options.level}.safetensors",
                    trainer.generator.state_dict(),
                )
                trainer.average.swap()
            last = time.time()


if __name__ == "__main__":
    main()
