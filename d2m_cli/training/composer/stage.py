"""Stage "composer": the likelihood of real music's sketches, sixteenth by sixteenth."""

import copy
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from d2m_cli.data.pairs.frame_crops import FrameBatch, FrameCrops
from d2m_cli.models.composer import LOOKBACK, Composer, ComposerShape, Wishes, heard_frames
from d2m_cli.training.codec.validation import SPLITS
from d2m_cli.training.composer.config import ComposerConfig
from d2m_cli.training.run.kept import KeepsParts, write_weights
from d2m_cli.training.run.launch import OwnDraws, on_device
from d2m_cli.training.run.loop import Validation
from d2m_cli.training.run.optimiser import Optimiser
from d2m_cli.types import FloatArray


class ComposerStage(KeepsParts):
    """Trains the composer of learned sketches; a `loop.TrainingStage`."""

    def __init__(self, settings: ComposerConfig, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        before = max(LOOKBACK)
        crops = FrameCrops(settings.music, ("train",), settings.sixteenths, before)
        held_out = FrameCrops(settings.music, SPLITS, settings.sixteenths, before)
        self.validation = held_out.draw_each(range(settings.validation_crops), settings.seed, False)
        torch.manual_seed(settings.seed)
        self.composer = Composer(ComposerShape(**asdict(settings.sizes)))
        styles = torch.from_numpy(crops.styles())
        self.composer.style_mean.copy_(styles.mean(0))
        self.composer.style_std.copy_(styles.std(0).clamp(min=1e-3))
        self.optimiser = Optimiser(_Likelihood(self.composer), settings.optimiser, fabric)
        drawn = partial(crops.draw_each, seed=settings.seed)
        self.draw = OwnDraws.of(fabric, settings.batch, drawn)
        self.parts = {"composer": self.composer, "optimiser": self.optimiser}

    def step(self, batch: FrameBatch, number: int, progress: float) -> dict[str, float]:
        """Nats per sixteenth of the crops, less one step down their gradient."""
        random = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)
        noise = self.settings.style_noise * torch.randn(len(batch.style), 1, generator=random)
        noise = noise * torch.randn(batch.style.shape, generator=random)
        shape = (*batch.frames.shape[:2], 1)
        kept = torch.rand(shape, generator=random) >= self.settings.dropout
        self.composer.train()
        onsets, levels = self.optimiser.network(
            *self._on_device(batch), noise.to(self.fabric.device), kept.to(self.fabric.device)
        )
        loss = -(onsets + levels).mean()
        self.optimiser.update(loss, number, progress)
        return {
            "loss": loss.item(),
            "onsets": -onsets.mean().item(),
            "levels": -levels.mean().item(),
        }

    @torch.no_grad()
    def nats(self, batch: FrameBatch) -> FloatArray:
        """Nats per sixteenth of each crop, `(B,)`."""
        self.composer.eval()
        onsets, levels = _Likelihood(self.composer)(*self._on_device(batch))
        return np.asarray(-(onsets + levels).mean(1).cpu().numpy(), np.float32)

    @torch.no_grad()
    def validate(self) -> Validation:
        """Nats per sixteenth of fixed held-out crops: onsets, levels, both."""
        self.composer.eval()
        onsets, levels = _Likelihood(self.composer)(*self._on_device(self.validation))
        figures = {"onsets": -onsets.mean().item(), "levels": -levels.mean().item()}
        return Validation(figures | {"loss": sum(figures.values())})

    def export(self, path: Path) -> None:
        """Write the network's weights."""
        write_weights(path, copy.deepcopy(self.composer).cpu().state_dict())

    def _on_device(self, batch: FrameBatch) -> list[Tensor]:
        return [on_device(part, self.fabric.device) for part in batch]


class _Likelihood(nn.Module):
    """Log probabilities of the onsets and the levels of crops, as one forward pass."""

    def __init__(self, composer: Composer) -> None:
        super().__init__()
        self.composer = composer

    def forward(
        self,
        frames: Tensor,
        known: Tensor,
        beat: Tensor,
        tempo: Tensor,
        style: Tensor,
        wanted: Tensor,
        noise: Tensor | None = None,
        kept: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """`(B, S)` each; see `FrameBatch` for the letters."""
        bands = self.composer.shape.bands
        onsets, levels = frames[..., :bands].long(), frames[..., bands:].long()
        numbers = self.composer.seen(onsets, levels)
        heard, there = heard_frames(
            numbers, known if kept is None else known & kept[..., 0], beat.shape[1]
        )
        normal = self.composer.normalised(style)
        if noise is not None:
            normal = normal + noise * (normal != 0)
        wishes = Wishes(beat, tempo, normal, wanted)
        context, copies, _ = self.composer.contexts(heard, there, wishes)
        last = slice(-beat.shape[1], None)
        return self.composer.log_likelihood(context, copies, onsets[:, last], levels[:, last])
