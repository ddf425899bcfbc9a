"""G = {G_m, G_v, G_vq} (paper 3.2, eq. 1): a dance in, VQ latents of any length out.

Motion, picture, rhythm and noise are brought to a quarter of the code rate and fused per step.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.models.blocks import at_times, in_windows, phase_at
from d2m_cli.models.conditioning import CHANNELS as RHYTHM_CHANNELS
from d2m_cli.models.conditioning import rhythm_channels
from d2m_cli.models.motion import MotionEncoder
from d2m_cli.models.visual import VisualEncoder
from d2m_cli.models.vq_generator import (
    INIT_LOG_STD,
    LATENT_SCALE,
    UPSAMPLING,
    GeneratorShape,
    Latents,
    VQGenerator,
)
from d2m_cli.side_by_side import side_by_side
from d2m_cli.spec import CODEBOOK_SIZE, DRUM_RATE, MOTION_RATE, NOISE_CHANNELS, NOISE_RATE


class Conditions(NamedTuple):
    """A batch of dances as the generator takes them; all start at the same moment."""

    motion: Tensor
    """`(B, C_m, T_m)` at `MOTION_RATE`."""
    visual: Tensor
    """`(B, C_v, T_v)` at the settings' visual rate; zeros when there is no picture."""
    phase: Tensor
    """`(B, T_m)` beats, float64, at `MOTION_RATE`."""
    confidence: Tensor
    """`(B, T_m)` 0..1."""
    noise: Tensor
    """`(B, NOISE_CHANNELS, T_z)` at `NOISE_RATE`."""
    style: Tensor
    """`(B, C_s)`."""
    drum_onsets: Tensor | None = None
    """`(B, bands, T_h)` curves of the sketch's drum onsets at `DRUM_RATE`."""


SketchLatents = Callable[[int, int], Tensor]
"""Latents `(B, 64, last - first)` of the sketch's sound for codes `first` to `last - 1`."""


class Generator(nn.Module):
    """All generator modules of one level, `f'_vq = sigma G_vq(G_m(x_m), G_v(x_v))` (eq. 1)."""

    def __init__(self, settings: GeneratorShape) -> None:
        super().__init__()
        self.settings = settings
        size = settings.features
        self.motion = MotionEncoder(settings.motion_channels, size, settings.motion_width)
        self.visual = VisualEncoder(settings.visual_channels, size)
        self.style = nn.Linear(settings.style_channels, settings.style_features)
        self.vq = VQGenerator(
            settings, 2 * size + RHYTHM_CHANNELS + NOISE_CHANNELS + settings.drum_bands
        )
        if settings.predicts_std:
            self.prior = nn.Parameter(torch.zeros(CODEBOOK_SIZE))
            """Log-weight of each code beside its distance from the latents."""

    @torch.no_grad()
    def start_prior(self, shares: Tensor, codebook: Tensor) -> None:
        """Make the untrained generator give each code of `codebook` `(K, 64)` its share `(K,)`."""
        std = LATENT_SCALE * math.exp(INIT_LOG_STD)
        self.prior.copy_(shares.log() + 0.5 * codebook.pow(2).sum(1) / std**2)

    @property
    def fused_rate(self) -> float:
        """Fused steps per second: a quarter of the code rate."""
        return self.settings.level.code_rate / UPSAMPLING

    def encode(self, given: Conditions) -> tuple[Tensor, Tensor]:
        """Motion features `(B, F, T_m)` and visual features `(B, F, T_v)`, each at its own rate."""
        return self.motion(given.motion), self.visual(given.visual)

    def fuse(
        self, given: Conditions, encoded: tuple[Tensor, Tensor], first: int, last: int
    ) -> Tensor:
        """Everything per fused step, `(B, C, last - first)`, for steps `first` to `last - 1`."""
        device = given.motion.device
        steps = torch.arange(first - 1, last + 1, device=device, dtype=torch.float64)
        padded = steps / self.fused_rate
        times = padded[1:-1]
        motion, visual = encoded
        phase = phase_at(given.phase, padded * MOTION_RATE)
        confidence = at_times(given.confidence[:, None], MOTION_RATE, padded)[:, 0]
        rhythm = rhythm_channels(phase, confidence, self.fused_rate)[..., 1:-1]
        parts = [
            at_times(motion, MOTION_RATE, times),
            at_times(visual, self.settings.visual_rate, times),
            rhythm.to(motion.dtype),
            at_times(given.noise, NOISE_RATE, times),
        ]
        if given.drum_onsets is not None:
            parts.append(at_times(given.drum_onsets, DRUM_RATE, times))
        return torch.cat(parts, dim=1)

    def forward(
        self,
        given: Conditions,
        codes: int,
        sketch: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Latents:
        """Latents of `codes` codes in one pass, with gradients.

        `sketch` `(B, 64, codes)`, `known` `(B, 65, codes)` of `vq_generator.known_codes`.
        """
        steps = -(-codes // UPSAMPLING)
        fused = self.fuse(given, self.encode(given), 0, steps)
        if sketch is not None:
            sketch = functional.pad(sketch, (0, UPSAMPLING * steps - codes))
        if known is not None:
            known = functional.pad(known, (0, UPSAMPLING * steps - codes))
        latents: Latents = self.vq(fused, self.style(given.style), sketch, known)
        return latents.part(0, codes)

    @torch.no_grad()
    def windows(
        self, given: Conditions, codes: int, sketch: SketchLatents | None = None, window: int = 1024
    ) -> Iterator[Latents]:
        """The latents of `forward` in consecutive pieces of at most `4 window` codes.

        Each piece is computed with all the context that its outputs can see, so joining the pieces
        gives the one-pass result without a seam, in memory that does not grow with `codes`.
        """
        style = self.style(given.style)
        for begun, drawn, begin, count in self.begun(given, codes, sketch, window):
            yield self.vq.finish(begun, style, drawn, None).part(begin, begin + count)

    @torch.no_grad()
    def begun(
        self,
        given: Conditions,
        codes: int,
        sketch: SketchLatents | None = None,
        window: int = 1024,
        part: tuple[int, int] | None = None,
    ) -> Iterator[tuple[Tensor, Tensor | None, int, int]]:
        """What `vq.finish` needs `(B, C, T)` for consecutive pieces of at most `4 window` codes.

        Each piece: what `vq.begin` gives and the sketch's latents, with all the context that the
        piece can see; the piece's first code in them, and how many codes it has. `part`, a first
        code that `UPSAMPLING` divides and a last one, is all that is wanted; None: all `codes`.
        """
        steps = -(-codes // UPSAMPLING)
        begin, stop = part or (0, codes)
        encoded = in_windows(self.motion, given.motion), in_windows(self.visual, given.visual)
        style = self.style(given.style)
        context = self.vq.context

        def piece(start: int) -> tuple[Tensor, Tensor | None, int, int]:
            end = min(start + window, -(-stop // UPSAMPLING))
            first, last = max(0, start - context), min(steps, end + context)
            drawn = sketch(UPSAMPLING * first, UPSAMPLING * last) if sketch else None
            begun = self.vq.begin(self.fuse(given, encoded, first, last), style, drawn)
            count = min(UPSAMPLING * (end - start), stop - UPSAMPLING * start)
            return begun, drawn, UPSAMPLING * (start - first), count

        starts = range(begin // UPSAMPLING, -(-stop // UPSAMPLING), window)
        yield from side_by_side(piece, starts, given.motion.device)
