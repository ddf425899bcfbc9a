"""Stage "generator": G_m, G_v, G_vq against three discriminators (paper 3.2, 3.3, 3.5)."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from d2m_cli.codec.codebook import code_logits, draw_codes, look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import channel_names
from d2m_cli.features.style import CHANNELS as STYLE_CHANNELS
from d2m_cli.losses.reconstruction import mel_loss
from d2m_cli.models.conditioning import NOISE_CHANNELS, NOISE_RATE
from d2m_cli.models.discriminator import PAPER_CHANNELS, MultiScaleDiscriminator
from d2m_cli.models.generator import Conditions, Generator, GeneratorSettings
from d2m_cli.spec import CODEBOOK_SIZE, SEGMENT_SECONDS, Level
from d2m_cli.training.checkpoint import write_atomically
from d2m_cli.training.generator_step import (
    LossWeights,
    Target,
    discriminator_loss,
    encode_target,
    generator_losses,
)
from d2m_cli.training.loop import LoopSettings
from d2m_cli.training.pairs import Pairs, PairSettings

VALIDATION_BATCHES = 4
PRIOR_BATCHES = 16


@dataclass(frozen=True)
class DiscriminatorSettings:
    """Shape of the discriminator (table 11) on VQ features."""

    channels: tuple[int, ...] = PAPER_CHANNELS
    scales: int = 3


@dataclass(frozen=True)
class GeneratorSizes:
    """What `GeneratorSettings` leaves to the recipe."""

    width: float = 1.0
    floor: int = 32
    motion_width: float = 0.25
    features: int = 64
    style_features: int = 32
    spread: bool = False
    beat_guidance: float = 0.0


@dataclass(frozen=True)
class GeneratorTraining:
    """Everything that decides the outcome of the stage; the defaults are the paper's (4.1)."""

    codec: Path
    """Weights of the codec's level, from the codec stage."""
    level: Level = Level.HIGH
    seed: int = 0
    pairs: PairSettings = field(default_factory=PairSettings)
    visual: VisualSettings = field(default_factory=VisualSettings)
    batch: int = 16
    seconds: float = SEGMENT_SECONDS
    heard_seconds: float = SEGMENT_SECONDS
    """Length of the random part of each segment that wave and mel losses hear."""
    rate: float = 1e-4
    discriminator_rate: float = 1e-4
    betas: tuple[float, ...] = (0.5, 0.9)
    warm_up_steps: int = 100
    clip: float = 10.0
    adversary_from: float = 0.0
    """Share of the schedule before which the generator learns without discriminators."""
    average: float = 0.999
    """Decay of the moving average of the generator's weights, which is what is exported."""
    losses: LossWeights = field(default_factory=LossWeights)
    sizes: GeneratorSizes = field(default_factory=GeneratorSizes)
    discriminator: DiscriminatorSettings = field(default_factory=DiscriminatorSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)


def generator_settings(training: GeneratorTraining) -> GeneratorSettings:
    """Settings of the generator that the stage trains, as a bundle keeps them."""
    return GeneratorSettings(
        level=training.level,
        motion_channels=len(channel_names()),
        visual_channels=training.visual.channels,
        visual_rate=training.visual.rate,
        style_channels=STYLE_CHANNELS,
        **asdict(training.sizes),
    )


class GeneratorStage:
    """Trains one level's generator on codes of a frozen codec; a `loop.Stage`."""

    def __init__(self, settings: GeneratorTraining, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        self.training, self.held_out = (
            Pairs(settings.pairs, settings.visual, split, settings.seconds, settings.seed)
            for split in ("train", "validation")
        )
        self.vqvae = VQVAE((settings.level.number,))
        self.vqvae.load_state_dict(load_file(settings.codec))
        self.vqvae.requires_grad_(False).to(fabric.device)
        torch.manual_seed(settings.seed)
        self.plain = Generator(generator_settings(settings))
        shape = settings.discriminator
        discriminator = MultiScaleDiscriminator(
            shape.channels,
            scales=shape.scales,
            input_scale=1.0 / float(self.vqvae.codebook(settings.level).std()),
        )
        self.generator, self.generator_optimiser = fabric.setup(
            self.plain, _adam(self.plain, settings.rate, settings.betas)
        )
        self.discriminator, self.discriminator_optimiser = fabric.setup(
            discriminator, _adam(discriminator, settings.discriminator_rate, settings.betas)
        )
        if settings.sizes.spread:
            self._start_prior()
        self.average = {k: v.detach().clone() for k, v in self.plain.state_dict().items()}

    def step(self, number: int, progress: float) -> dict[str, float]:
        """One update of the discriminator (from `adversary_from` on), then one of the generator."""
        settings = self.settings
        for optimiser, rate in (
            (self.generator_optimiser, settings.rate),
            (self.discriminator_optimiser, settings.discriminator_rate),
        ):
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1.0, (number + 1) / settings.warm_up_steps)
        turn = number * self.fabric.world_size + self.fabric.global_rank
        random = np.random.default_rng((settings.seed, turn))
        given, target = self._batch(self.training, turn, settings.batch, random)
        predicted = self.generator(given, target.entries.shape[-1])

        weights, figures = settings.losses, {}
        if progress >= settings.adversary_from and weights.adversarial:
            judged = discriminator_loss(self.discriminator, target, predicted.mean)
            self._update(judged, self.discriminator, self.discriminator_optimiser)
            figures["discriminator"] = float(judged.detach())
        else:
            weights = replace(weights, adversarial=0.0, feature_matching=0.0)
        terms = generator_losses(
            self.discriminator,
            self.vqvae,
            settings.level,
            target,
            predicted,
            self.plain.prior if settings.sizes.spread else None,
            weights,
            self._heard(target, random),
        )
        self._update(
            torch.stack(list(terms.values())).sum(), self.generator, self.generator_optimiser
        )
        with torch.no_grad():
            for name, value in self.plain.state_dict().items():
                decay = min(settings.average, (1 + number) / (10 + number))
                self.average[name].lerp_(value, 1 - decay)
        return figures | {name: float(term.detach()) for name, term in terms.items()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Averaged generator on fixed held-out pairs: code and mel distance, spread, codes used."""
        generator = Generator(generator_settings(self.settings)).to(self.fabric.device)
        generator.load_state_dict(self.average)
        level = self.settings.level
        figures: dict[str, list[float]] = {"code": [], "mel": [], "spread": [], "codes_used": []}
        for number in range(VALIDATION_BATCHES):
            random = np.random.default_rng((77, number))
            given, target = self._batch(self.held_out, number, 4, random)
            predicted = generator(given, target.entries.shape[-1])
            codebook = self.vqvae.codebook(level)
            if predicted.spread is None:
                codes = self.vqvae.quantise(predicted.mean, level)[0]
            else:
                draw = torch.Generator().manual_seed(number)
                logits = code_logits(predicted.mean, predicted.spread, codebook, generator.prior)
                codes = draw_codes(logits, draw)
            entries = look_up(codes, codebook)
            figures["code"].append(float((entries - target.entries).abs().mean()))
            figures["mel"].append(float(mel_loss(self.vqvae.decode(entries, level), target.wave)))
            figures["spread"].append(float(entries.std() / target.entries.std()))
            figures["codes_used"].append(float(len(codes.unique())))
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def state(self) -> dict[str, Any]:
        """Networks, their average and optimisers."""
        return {
            "generator": self.plain.state_dict(),
            "average": self.average,
            "discriminator": self.discriminator.state_dict(),
            "generator_optimiser": self.generator_optimiser.state_dict(),
            "discriminator_optimiser": self.discriminator_optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.plain.load_state_dict(state["generator"])
        self.average = {k: v.to(self.fabric.device) for k, v in state["average"].items()}
        self.discriminator.load_state_dict(state["discriminator"])
        self.generator_optimiser.load_state_dict(state["generator_optimiser"])
        self.discriminator_optimiser.load_state_dict(state["discriminator_optimiser"])

    def export(self, path: Path) -> None:
        """Write the averaged generator's weights."""
        state = {k: v.cpu().contiguous() for k, v in self.average.items()}
        write_atomically(path, lambda unfinished: save_file(state, unfinished))

    @torch.no_grad()
    def _start_prior(self) -> None:
        """Begin with each code as likely as it is in the music."""
        counts = torch.full((CODEBOOK_SIZE,), 0.1, device=self.fabric.device)
        for turn in range(PRIOR_BATCHES):
            _, target = self._batch(
                self.training, turn, self.settings.batch, np.random.default_rng(turn)
            )
            counts += torch.bincount(target.codes.flatten(), minlength=CODEBOOK_SIZE)
        self.plain.start_prior(counts / counts.sum(), self.vqvae.codebook(self.settings.level))

    def _batch(
        self, pairs: Pairs, turn: int, count: int, random: np.random.Generator
    ) -> tuple[Conditions, Target]:
        """The `turn`-th batch of dances with noise, and the music that belongs to them."""
        batch = pairs.draw(turn * count, count, random)
        device = self.fabric.device
        noise = random.standard_normal(
            (count, NOISE_CHANNELS, int(self.settings.seconds * NOISE_RATE) + 2), dtype=np.float32
        )
        given = Conditions(
            *(
                torch.from_numpy(part).to(device)
                for part in (
                    batch.motion,
                    batch.visual,
                    batch.phase,
                    batch.strength,
                    noise,
                    batch.style,
                )
            )
        )
        wave = torch.from_numpy(batch.audio).to(device)
        return given, encode_target(self.vqvae, wave, self.settings.level)

    def _heard(self, target: Target, random: np.random.Generator) -> slice:
        """A random part of the segment, in codes."""
        codes = target.entries.shape[-1]
        length = min(codes, round(self.settings.heard_seconds * self.settings.level.code_rate))
        start = int(random.integers(codes - length + 1))
        return slice(start, start + length)

    def _update(self, loss: Tensor, module: Any, optimiser: Any) -> None:
        optimiser.zero_grad()
        self.fabric.backward(loss)
        self.fabric.clip_gradients(module, optimiser, max_norm=self.settings.clip)
        optimiser.step()


def _adam(module: nn.Module, rate: float, betas: tuple[float, ...]) -> torch.optim.Adam:
    return torch.optim.Adam(module.parameters(), rate, betas=(betas[0], betas[1]), fused=True)
