"""Stage "generator": G_m, G_v, G_vq against three discriminators (paper 3.2, 3.3, 3.5)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from safetensors.torch import load_file
from torch import Tensor, nn

from d2m_cli.data.pairs.examples import Batch, Pairs
from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import Latents
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE
from d2m_cli.training.adversary import Adversary
from d2m_cli.training.codec.load import load_codec
from d2m_cli.training.generator.codec_transfer import fit_latent_map, transfer_weights
from d2m_cli.training.generator.config import GeneratorConfig, generator_shape
from d2m_cli.training.generator.inputs import heard_by
from d2m_cli.training.generator.losses import Target, generator_losses
from d2m_cli.training.generator.masking import draw_hidden
from d2m_cli.training.generator.validation import GeneratorCheck
from d2m_cli.training.run.average import MovingAverage
from d2m_cli.training.run.kept import KeepsParts, write_weights
from d2m_cli.training.run.launch import OwnDraws, own_draws, summed
from d2m_cli.training.run.loop import Validation
from d2m_cli.training.run.optimiser import Optimiser

VALIDATION_BATCH = 4
PRIOR_BATCHES = 16
OPTIONAL_PARTS = ("vq.known.", "vq.free.")
MAP_SEGMENTS = 48
"""Segments of music on which the map between two codecs is fitted."""


class GeneratorStage(KeepsParts):
    """Trains one level's generator on codes of a frozen codec; a `loop.TrainingStage`."""

    def __init__(self, settings: GeneratorConfig, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        self.training, self.held_out = (
            Pairs(
                settings.pairs,
                settings.visual,
                split,
                settings.seconds,
                settings.seed,
                sketched=settings.sizes.drum_bands > 0,
            )
            for split in ("train", "validation")
        )
        self.draw = OwnDraws.of(fabric, settings.batch, self.training.draw)
        """Dances with noise, and the music that belongs to them."""
        self.vqvae = load_codec(settings.codec, settings.level)
        self.vqvae.requires_grad_(False).to(fabric.device)
        torch.manual_seed(settings.seed)
        self.plain = Generator(generator_shape(settings))
        shape = settings.discriminator
        critic = MultiScaleDiscriminator(
            shape.channels,
            scales=shape.scales,
            channels_in=1 if shape.reshape else CODE_DIM,
            input_scale=1.0 / float(self.vqvae.codebook(settings.level).std()),
        )
        if settings.start:
            self.plain.load_state_dict(self._trained(settings.start))
        elif settings.sizes.predicts_std:
            self._start_prior()
        if not self.training.has_visual:
            self.plain.visual.disconnect()
        self.optimiser = Optimiser(_WithPrior(self.plain), settings.optimiser, fabric)
        self.adversary = Adversary(critic, shape.optimiser, fabric)
        self.average = MovingAverage(self.plain, settings.average)
        self.parts = {
            "generator": self.plain,
            "average": self.average,
            "optimiser": self.optimiser,
            "adversary": self.adversary,
        }

    def step(self, batch: Batch, number: int, progress: float) -> dict[str, float]:
        """One update of the discriminator (from `adversary_from` on), then one of the generator."""
        settings = self.settings
        given, target, sketch = self._on_device(batch)
        hidden = known = None
        if settings.sizes.masked:
            draws = own_draws(self.fabric, number, settings.batch)
            hidden = draw_hidden(draws, target.codes.shape[1], settings.seed)
            hidden = hidden.to(self.fabric.device)
            known = known_codes(target.entries, hidden)
        predicted, prior = self.optimiser.network(given, target.entries.shape[-1], sketch, known)

        weights, figures = settings.losses, {}
        if progress >= settings.adversary_from and weights.adversarial:
            figures["discriminator"] = self.adversary.learn(
                target.latents, predicted.mean, number, progress
            )
        else:
            weights = replace(weights, adversarial=0.0, feature_matching=0.0)
        with self.adversary.frozen():
            terms = generator_losses(
                self.adversary.judge,
                self.vqvae,
                settings.level,
                target,
                predicted,
                prior,
                weights,
                self._heard(target, np.random.default_rng((settings.seed, 1, number))),
                hidden,
            )
            self.optimiser.update(torch.stack(list(terms.values())).sum(), number, progress)
        self.average.update(self.plain, number)
        return figures | {name: float(term.detach()) for name, term in terms.items()}

    def validate(self) -> Validation:
        """Averaged generator on fixed held-out pairs; see `GeneratorCheck`."""
        return self.measure(self.held_out, self.settings.validation_segments).result()

    def measure(self, pairs: Pairs, segments: int) -> GeneratorCheck:
        """What the averaged generator makes of the first `segments` draws of `pairs`."""
        generator = Generator(generator_shape(self.settings)).to(self.fabric.device)
        generator.load_state_dict(self.average.weights)
        check = GeneratorCheck(generator, self.vqvae, self.settings.level)
        for first in range(0, segments, VALIDATION_BATCH):
            numbers = range(first, min(first + VALIDATION_BATCH, segments))
            given, target, sketch = self._on_device(pairs.draw(numbers))
            check.add(given, target, sketch, pairs.phases(numbers), seed=first)
        return check

    def export(self, path: Path) -> None:
        """Write the averaged generator's weights."""
        write_weights(path, self.average.weights)

    def _trained(self, path: Path) -> dict[str, Tensor]:
        """Weights of a trained generator, carried over from the codec that it was trained on.

        Parts that it does not have (`free`, `masked`) begin untrained.
        """
        level = self.settings.level
        new = {k: v for k, v in self.plain.state_dict().items() if k.startswith(OPTIONAL_PARTS)}
        # Bundles hold half precision.
        state = new | {name: tensor.float() for name, tensor in load_file(path).items()}
        if self.settings.start_codec is None:
            return state
        old = load_codec(self.settings.start_codec, level)
        music = torch.from_numpy(self.training.draw(range(MAP_SEGMENTS)).audio)
        turn = fit_latent_map(old, self.vqvae.cpu(), level, music)
        moved = transfer_weights(state, turn, old.codebook(level), self.vqvae.codebook(level))
        self.vqvae.to(self.fabric.device)
        return moved

    @torch.no_grad()
    def _start_prior(self) -> None:
        """Begin with each code as likely as it is in the music."""
        counts = torch.zeros(CODEBOOK_SIZE, device=self.fabric.device)
        for number in range(PRIOR_BATCHES):
            codes = self._on_device(self.draw(number))[1].codes
            counts += torch.bincount(codes.flatten(), minlength=CODEBOOK_SIZE)
        counts = 0.1 + summed(self.fabric, counts).cpu()
        codebook = self.vqvae.codebook(self.settings.level).cpu()
        self.plain.start_prior(counts / counts.sum(), codebook)

    def _on_device(self, batch: Batch) -> tuple[Conditions, Target, Tensor | None]:
        return heard_by(self.vqvae, batch, self.settings.level, self.fabric.device)

    def _heard(self, target: Target, random: np.random.Generator) -> slice:
        """A random part of the segment, in codes; the same in all processes."""
        codes = target.entries.shape[-1]
        length = min(codes, round(self.settings.heard_seconds * self.settings.level.code_rate))
        start = int(random.integers(codes - length + 1))
        return slice(start, start + length)


class _WithPrior(nn.Module):
    """All that is trained passes through one `forward`, or its gradients would not be shared."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(
        self, given: Conditions, codes: int, sketch: Tensor | None, known: Tensor | None
    ) -> tuple[Latents, Tensor | None]:
        prior = self.generator.prior.clone() if self.generator.settings.predicts_std else None
        return self.generator(given, codes, sketch, known), prior
