"""The training stage of an adaption: the deltas learn by the likelihood of the music's codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import torch
from lightning.fabric import Fabric
from torch import Tensor

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.bundles.codec import load_codec
from d2m_cli.data.pairs.examples import Batch, Pairs, PairSettings
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import Level
from d2m_cli.training.adapt.deltas import Deltas
from d2m_cli.training.generator.inputs import heard_by
from d2m_cli.training.generator.losses import Target
from d2m_cli.training.generator.masking import draw_hidden, surprise
from d2m_cli.training.run.average import MovingAverage
from d2m_cli.training.run.kept import KeepsParts, write_weights
from d2m_cli.training.run.launch import OwnDraws
from d2m_cli.training.run.loop import LoopSettings, Validation
from d2m_cli.training.run.optimiser import Optimiser, OptimiserConfig

MEASURED, MEASURED_AT_ONCE = 16, 4
"""Held-out segments that nats are the mean of, and how many are computed together."""


@dataclass(frozen=True)
class AdaptConfig:
    """How the deltas of one level are learnt."""

    bundle: str
    """Folder of the bundle that is adapted."""
    music: Path
    """Prepared music; its split `validation` is held out."""
    level: Level
    minutes: float
    """The learning rate follows the clock: it nears 0 when these are over."""
    rank: int = 8
    batch: int = 6
    seconds: float = 1.0
    seed: int = 0
    average: float = 0.98
    optimiser: OptimiserConfig = field(
        default_factory=lambda: OptimiserConfig(
            rate=2e-3, warm_up_steps=10, constant_until=0.3, final=0.05, clip=1.0
        )
    )
    loop: LoopSettings = field(default_factory=LoopSettings)


class AdaptStage(KeepsParts):
    """Learns deltas of one level's generator; a `loop.TrainingStage`."""

    def __init__(self, settings: AdaptConfig, fabric: Fabric) -> None:
        """Raises `DataError` when the music is unsteady, too short, or none is held out."""
        self.settings, self.fabric = settings, fabric
        bundle, level = load_bundle(settings.bundle), settings.level
        described = {**bundle.settings["generators"][level.value], "level": level}
        self.generator = Generator(GeneratorShape(**described))
        bundle.load_into(self.generator, f"generator_{level}.safetensors")
        visual = VisualSettings(**bundle.settings["visual"])
        pairs = PairSettings(settings.music, None, max_unsteadiness=1.0)
        sketched = self.generator.settings.drum_bands > 0
        self.training, self.held_out = (
            Pairs(pairs, visual, split, settings.seconds, settings.seed, sketched)
            for split in ("train", "validation")
        )
        self.draw = OwnDraws.of(fabric, settings.batch, self.training.draw)
        """Stretches of the music that is learnt from."""
        self.vqvae = load_codec(bundle, level).requires_grad_(False).to(fabric.device)
        torch.manual_seed(settings.seed)
        self.deltas = Deltas(self.generator.to(fabric.device), settings.rank)
        self.optimiser = Optimiser(self.deltas, settings.optimiser, fabric)
        self.average = MovingAverage(self.deltas, settings.average)
        self.parts = {
            "deltas": self.deltas,
            "average": self.average,
            "optimiser": self.optimiser,
        }
        self._begun: float | None = None

    def step(self, batch: Batch, number: int, progress: float) -> dict[str, float]:
        """One update of the deltas; the rate follows the clock, or the steps if they end first."""
        self._begun = monotonic() if self._begun is None else self._begun
        spent = (monotonic() - self._begun) / (60.0 * self.settings.minutes)
        given, target, sketch = self._on_device(batch)
        draws = range(number * self.settings.batch, (number + 1) * self.settings.batch)
        loss = self._surprise(self.optimiser.network, given, target, sketch, draws)
        self.optimiser.update(loss, number, min(1.0, max(progress, spent)))
        self.average.update(self.deltas, number)
        return {"likelihood": float(loss.detach())}

    @torch.no_grad()
    def validate(self) -> Validation:
        """Nats per code of held-out music: with nothing known, and with half of the codes."""
        sums = {"nothing_known": 0.0, "half_known": 0.0}
        for first in range(0, MEASURED, MEASURED_AT_ONCE):
            draws = range(first, first + MEASURED_AT_ONCE)
            given, target, sketch = self._on_device(self.held_out.draw(draws))
            halves = torch.rand(
                target.codes.shape, generator=torch.Generator().manual_seed(first)
            ).to(self.fabric.device)
            for name, hidden in (("nothing_known", halves >= 0), ("half_known", halves < 0.5)):
                with self._averaged():
                    lost = self._surprise(self.deltas, given, target, sketch, draws, hidden)
                sums[name] += float(lost) * len(draws) / MEASURED
        return Validation(sums)

    def export(self, path: Path) -> None:
        """Write the generator with the averaged deltas in its weights."""
        with torch.no_grad(), self._averaged():
            write_weights(path, self.deltas.merged())

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Within the block the deltas are their moving average."""
        now = {name: value.clone() for name, value in self.deltas.state_dict().items()}
        self.deltas.load_state_dict(self.average.weights)
        try:
            yield
        finally:
            self.deltas.load_state_dict(now)

    def _surprise(
        self,
        network: torch.nn.Module,
        given: Conditions,
        target: Target,
        sketch: Tensor | None,
        draws: range,
        hidden: Tensor | None = None,
    ) -> Tensor:
        known = None
        if self.generator.settings.masked:
            if hidden is None:
                hidden = draw_hidden(draws, target.codes.shape[1], self.settings.seed)
            hidden = hidden.to(self.fabric.device)
            known = known_codes(target.entries, hidden)
        said, prior = network(given, target.entries.shape[-1], sketch, known)
        codebook = self.vqvae.codebook(self.settings.level)
        return surprise(said, codebook, prior, target.codes, hidden)

    def _on_device(self, batch: Batch) -> tuple[Conditions, Target, Tensor | None]:
        return heard_by(self.vqvae, batch, self.settings.level, self.fabric.device)
