"""Stage "visual": a slim I3D that sees how a dancer moves, trained on painted dancers.

The public I3D learned on Kinetics, whose weights this project does not ship. This one learns to
tell, from a window of pictures, the summary of the movement in it: the speed and mean place of
every joint, how fast the hips go up and down, and how near its middle is to an accent of the dance.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.fabric import Fabric
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from d2m_cli.features.i3d import VisualSettings, to_clip
from d2m_cli.files import whole_file
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.training.run.launch import own_draws
from d2m_cli.training.run.loop import LoopSettings, Validation
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.visual.windows import TARGETS, PaintedWindows
from d2m_cli.types import FloatArray, FrameArray

DEPTHS = ("Conv3d_1a_7x7", "Conv3d_2c_3x3", "Mixed_3c", "Mixed_4c", "Mixed_4f", "Mixed_5c")
"""Layers that the summary is read from, the last one being the network's features."""

READ_OUT_PACE = 8.0
"""Learning rate of the read-outs over that of the network."""


@dataclass(frozen=True)
class VisualConfig:
    """Everything that decides the outcome of the stage."""

    dances: Path = Path("cache/dances")
    """Cache that `d2m prepare` made of dances with 3-D joints."""
    seed: int = 0
    visual: VisualSettings = field(default_factory=VisualSettings)
    batch: int = 8
    """Of each process."""
    paces: tuple[float, ...] = (0.8, 2.0)
    """Slowest and fastest factor on the speed of a dance."""
    held_out: int = 160
    """Windows of the validation split to measure on."""
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    loop: LoopSettings = field(default_factory=LoopSettings)


class VisualStage:
    """Trains the network with linear read-outs of the summary; a `loop.TrainingStage`."""

    def __init__(self, settings: VisualConfig, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        self.windows = {
            split: PaintedWindows(settings.dances, split, settings.visual, settings.paces)
            for split in ("train", "validation")
        }
        torch.manual_seed(settings.seed)
        self.i3d = InceptionI3d(width=settings.visual.width)
        with torch.no_grad():  # half of the first kernels see nothing but change
            first = self.i3d.Conv3d_1a_7x7.conv3d.weight
            first[::2] -= first[::2].mean(dim=2, keepdim=True)
        self.net = _ReadOuts(self.i3d)
        betas = (settings.optimiser.betas[0], settings.optimiser.betas[1])
        groups = [
            {"params": self.i3d.parameters(), "pace": 1.0},
            {"params": self.net.heads.parameters(), "pace": READ_OUT_PACE},
        ]
        optimiser = torch.optim.AdamW(groups, betas=betas, weight_decay=0.01)
        self.wrapped, self.optimiser = fabric.setup(self.net, optimiser)
        random = np.random.default_rng((settings.seed, 0))
        summaries = np.stack([self.windows["train"].movement(random).summary for _ in range(128)])
        self.mean, self.spread = (
            torch.from_numpy(part).to(fabric.device)
            for part in (summaries.mean(axis=0), summaries.std(axis=0) + 1e-6)
        )

    def draw(self, number: int) -> tuple[FrameArray, FloatArray]:
        """Painted windows and summaries of their movement."""
        windows = [
            self.windows["train"].draw(1, np.random.default_rng((self.settings.seed, 1, own)))
            for own in own_draws(self.fabric, number, self.settings.batch)
        ]
        pictures, summaries = map(np.concatenate, zip(*windows, strict=True))
        return pictures, summaries

    def step(
        self, batch: tuple[FrameArray, FloatArray], number: int, progress: float
    ) -> dict[str, float]:
        """Squared error on a batch in units of the spread, each part of the summary alike."""
        settings = self.settings
        for group in self.optimiser.param_groups:
            group["lr"] = group["pace"] * settings.optimiser.rate_at(number, progress)
        pictures, summary = self._on_device(*batch)
        self.net.train()
        errors = (self.wrapped(pictures) - summary) ** 2
        parts = [part.mean(dim=(1, 2)) for part in errors.split(list(TARGETS.values()), dim=2)]
        losses = torch.stack(parts).mean(dim=0)
        loss = losses.sum()
        self.optimiser.zero_grad()
        self.fabric.backward(loss)
        self.fabric.clip_gradients(self.wrapped, self.optimiser, max_norm=settings.optimiser.clip)
        self.optimiser.step()
        return {f"loss_{depth}": value.item() for depth, value in enumerate(losses)}

    @torch.no_grad()
    def validate(self) -> Validation:
        """R^2 of each part of the summary (mean over its numbers) on held-out dances."""
        random = np.random.default_rng((self.settings.seed, 2))
        self.net.eval()
        told, true = [], []
        for _ in range(-(-self.settings.held_out // self.settings.batch)):
            drawn = self.windows["validation"].draw(self.settings.batch, random)
            pictures, summary = self._on_device(*drawn)
            told.append(self.net(pictures)[-1])
            true.append(summary)
        truth = torch.cat(true)
        missed = ((torch.cat(told) - truth) ** 2).mean(dim=0)
        explained = 1.0 - missed / truth.var(dim=0, correction=0)
        parts = explained.split(list(TARGETS.values()))
        return Validation(
            {f"r2_{name}": part.mean().item() for name, part in zip(TARGETS, parts, strict=True)}
        )

    def state(self) -> dict[str, Any]:
        """Network and optimiser."""
        return {"net": self.net.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])

    def export(self, path: Path) -> None:
        """Write the network's weights, without the read-out."""
        state = {key: tensor.contiguous() for key, tensor in self.i3d.state_dict().items()}
        with whole_file(path, SafetensorError) as draft:
            save_file(state, draft)

    def _scaled(self, summary: Tensor) -> Tensor:
        """The summary in units of its spread, within 3: a torso seen from above makes it huge."""
        return ((summary - self.mean) / self.spread).clamp(-3.0, 3.0)

    def _on_device(self, pictures: FrameArray, summary: FloatArray) -> tuple[Tensor, Tensor]:
        """Pictures `(B, 3, window, S, S)` and scaled summaries `(B, 53)`."""
        device = self.fabric.device
        return to_clip(pictures).to(device), self._scaled(torch.from_numpy(summary).to(device))


class _ReadOuts(nn.Module):
    """The network with linear read-outs of the summary after the layers of `DEPTHS`.

    The early ones are for training alone (as in GoogLeNet): a deep network that starts from nothing
    takes very long to tell its last layer anything.
    """

    def __init__(self, i3d: InceptionI3d) -> None:
        super().__init__()
        self.i3d = i3d
        count = sum(TARGETS.values())
        # Means of a volume differ little from clip to clip: the norm lets a read-out learn fast.
        self.heads = nn.ModuleDict(
            {
                name: nn.Sequential(nn.LazyBatchNorm1d(affine=False), nn.LazyLinear(count))
                for name in DEPTHS
            }
        )
        with torch.no_grad():
            self(torch.zeros(2, 3, 16, 32, 32))
            for parameter in self.heads.parameters():
                parameter.zero_()

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures `(B, 3, window, S, S)` to a summary for each depth, `(D, B, 53)`."""
        told = []
        for name, layer in self.i3d.named_children():
            pictures = layer(pictures)
            if name in DEPTHS:
                told.append(self.heads[name](pictures.mean(dim=(2, 3, 4))))
        return torch.stack(told)
