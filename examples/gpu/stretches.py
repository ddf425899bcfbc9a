"""Random stretches of a bank's music, drawn on its device, with what a generator is given."""

import math

import numpy as np
import torch
from bank import Bank
from torch import Tensor

from d2m_cli.models.generator import Conditions
from d2m_cli.sketch.partials import MAX_PARTIALS
from d2m_cli.spec import DRUM_HOP, DRUM_RATE, MOTION_RATE, NOISE_CHANNELS, NOISE_RATE, SAMPLE_RATE

STEP = round(SAMPLE_RATE / MOTION_RATE)
"""Samples of a motion step."""
ROWS = 48
"""Sixteenths that can sound in a stretch."""
LEVEL_ERROR_DB, FEWEST_KEPT = 2.0, 5
PHASE_ERROR = 0.03
MOTION_UNIT = 32.0
VISUAL_RATE = 1.875
"""Visual vectors per second of the embedded bundle."""
HIDDEN = {"motion": 0.1, "visual": 0.3, "style": 0.1, "sketch": 0.05, "drum_onsets": 0.1}
PLAYED = 0.8
"""Share of the stretches of songs that are heard as `sketch.play` sounds their notes, and"""
PLAYED_ERROR_DB = 1.0
"""standard deviation of how loud."""
PAUSED, FADE = 0.15, 256
"""Share of the stretches with a pause, and samples in which the music falls silent."""
GAINS_DB = (-9.0, 2.0)
"""Half of the stretches are as loud as their music, the others go from one such gain to another."""


class Stretches:
    """Draws stretches of `seconds` of a split: sound, what a generator is given, a sketch."""

    def __init__(self, bank: Bank, split: str, seconds: float) -> None:
        self.bank, self.seconds = bank, seconds
        found, device = bank.arrays, bank.device
        there = bank.lengths[found[f"{split}_piece"]] > 0
        self.motion = torch.from_numpy(found[f"{split}_motion"][there]).to(device)
        self.piece = torch.from_numpy(found[f"{split}_piece"][there].astype(np.int64)).to(device)
        self.begin = torch.from_numpy(found[f"{split}_begin"][there].astype(np.int64)).to(device)
        self.steps = round(seconds * MOTION_RATE)
        self.samples = round(seconds * SAMPLE_RATE)
        self.spare = self.motion.shape[-1] - self.steps

    def draw(self, batch: int, varied: bool = True) -> tuple[Tensor, Conditions, Tensor]:
        """Sound `(B, N)`, conditions and sketch's sound `(B, N)`; `varied`: as for training."""
        bank, device, count = self.bank, self.bank.device, len(self.piece)
        chosen = torch.randint(count, (batch,), device=device)
        piece = self.piece[chosen]
        shift = torch.randint(self.spare + 1, (batch,), device=device)
        begin = self.begin[chosen] + shift
        first = bank.start[piece] + begin * STEP + torch.randint(STEP, (batch,), device=device)
        steps = torch.arange(self.steps, device=device)
        motion = self._motion(chosen, shift)
        places = bank.phase_start[piece][:, None] + begin[:, None] + steps
        late = (first - bank.start[piece] - begin * STEP).double() / SAMPLE_RATE
        phase = bank.phase[places]
        pace = (phase[:, -1:] - phase[:, :1]) * (MOTION_RATE / (self.steps - 1))
        phase = phase + pace * late[:, None]
        confidence = bank.confidence[places]
        noise = torch.randn(
            batch, NOISE_CHANNELS, int(self.seconds * NOISE_RATE) + 2, device=device
        )
        pick = (torch.rand(batch, device=device) * bank.styles_count[piece]).long()
        style = bank.styles[bank.styles_start[piece] + pick]
        seconds = (first - bank.start[piece]).double() / SAMPLE_RATE
        steps_h = torch.arange(int(self.seconds * DRUM_RATE) + 2, device=device)
        where = (seconds * DRUM_RATE).round().long()[:, None] + steps_h
        where = (bank.curves_start[piece][:, None] + where).clamp(max=len(bank.curves) - 1)
        onsets = bank.curves[where].transpose(1, 2)
        tones = self._tones(first, piece, varied)
        strokes = bank.strokes[first[:, None] + torch.arange(self.samples, device=device)].float()
        visual = self._visual(batch)
        wave = bank.crops(first, self.samples)
        if varied:
            motion = motion * _shown(batch, HIDDEN["motion"], device)[:, None, None]
            visual = visual * _shown(batch, HIDDEN["visual"], device)[:, None, None]
            style = style * _shown(batch, HIDDEN["style"], device)[:, None]
            tones = tones * _shown(batch, HIDDEN["sketch"], device)[:, None]
            heard = _shown(batch, HIDDEN["drum_onsets"], device)
            strokes, onsets = strokes * heard[:, None], onsets * heard[:, None, None]
            phase = phase + PHASE_ERROR * torch.randn(batch, 1, device=device, dtype=phase.dtype)
            gain = self._gains(batch)
            wave, tones = wave * gain, tones * gain
            sketch = self._with_played(tones + strokes, first, piece, gain)
            gate = self._pauses(batch)
            at = (torch.arange(onsets.shape[-1], device=device) * DRUM_HOP).clamp(
                max=self.samples - 1
            )
            wave, sketch, onsets = wave * gate, sketch * gate, onsets * gate[:, None, at]
        else:
            sketch = self._with_played(tones + strokes, first, piece)
        given = Conditions(motion, visual, phase, confidence, noise, style, onsets)
        return wave, given, sketch

    def _with_played(
        self, sketch: Tensor, first: Tensor, piece: Tensor, gain: Tensor | float = 1.0
    ) -> Tensor:
        """The sketches' sound `(B, N)`, of songs now and then that of their notes with a `gain`."""
        bank, batch = self.bank, len(first)
        if not len(bank.played):
            return sketch
        start = bank.played_start[piece]
        heard = (start >= 0) & (torch.rand(batch, device=bank.device) < PLAYED)
        begin = (start + first - bank.start[piece]).clamp(0, len(bank.played) - self.samples)
        places = begin[:, None] + torch.arange(self.samples, device=bank.device)
        level = gain * 10 ** (PLAYED_ERROR_DB / 20 * torch.randn(batch, 1, device=bank.device))
        heard = heard & (_shown(batch, HIDDEN["sketch"], bank.device) > 0)
        return torch.where(heard[:, None], level * bank.played[places].float() / 32768.0, sketch)

    def _gains(self, batch: int) -> Tensor:
        """Gains `(B, N)` of music and sketch: what is struck softly must sound softly."""
        device, (low, high) = self.bank.device, GAINS_DB
        begin, end = low + (high - low) * torch.rand(2, batch, 1, device=device)
        level = begin + (end - begin) * torch.linspace(0.0, 1.0, self.samples, device=device)
        return 10 ** (level * (torch.rand(batch, 1, device=device) < 0.5) / 20)

    def _pauses(self, batch: int) -> Tensor:
        """Gains `(B, N)`: some stretches fall silent for a while, as music does in a freeze."""
        device = self.bank.device
        length = self.samples * torch.rand(batch, 1, device=device)
        begin = (self.samples + length) * torch.rand(batch, 1, device=device) - length
        places = torch.arange(self.samples, device=device)
        inside = torch.minimum(places - begin, begin + length - places) / FADE
        paused = (torch.rand(batch, 1, device=device) < PAUSED).float()
        return 1.0 - paused * inside.clamp(0.0, 1.0)

    def _motion(self, chosen: Tensor, shift: Tensor) -> Tensor:
        steps = shift[:, None] + torch.arange(self.steps, device=shift.device)
        rows = self.motion[chosen]
        index = steps[:, None].expand(-1, rows.shape[1], -1)
        return rows.gather(2, index).float() / MOTION_UNIT

    def _visual(self, batch: int) -> Tensor:
        """Visual vectors of other dances: they tell the generator nothing (docs/training.md)."""
        clips, _, length = self.bank.pictures.shape
        count = math.ceil(self.seconds * VISUAL_RATE)
        device = self.bank.device
        clip = torch.randint(clips, (batch,), device=device)
        begin = torch.randint(length - count + 1, (batch,), device=device)
        index = begin[:, None] + torch.arange(count, device=device)
        rows = self.bank.pictures[clip]
        return rows.gather(2, index[:, None].expand(-1, rows.shape[1], -1))

    def _tones(self, first: Tensor, piece: Tensor, varied: bool) -> Tensor:
        """Sound `(B, N)` of the partials, as `sketch.partials.render` gives it."""
        bank, device, batch = self.bank, self.bank.device, len(first)
        half = bank.half[piece]
        row = torch.searchsorted(bank.middles, first - half)
        rows = (row[:, None] + torch.arange(ROWS, device=device)).clamp(max=len(bank.middles) - 1)
        own = bank.row_piece[rows] == piece[:, None]
        level = bank.level[rows] * own[..., None]
        if varied:
            level = level * 10 ** (torch.randn(level.shape, device=device) * LEVEL_ERROR_DB / 20)
            kept = torch.randint(FEWEST_KEPT, MAX_PARTIALS + 1, (batch, 1, 1), device=device)
            level = level * (torch.arange(MAX_PARTIALS, device=device) < kept)
        hertz, turn = bank.hertz[rows], bank.partial_phase[rows]
        samples = first[:, None] + torch.arange(self.samples, device=device)
        middles = bank.middles[rows]
        after = torch.searchsorted(middles, samples, right=True)
        wave = torch.zeros(samples.shape, device=device)
        weight = torch.zeros(samples.shape, device=device)
        for side in (1, 0):
            place = (after - side).clamp(0, ROWS - 1)
            away = (samples - middles.gather(1, place)).float()
            reach = half[:, None] + 1.0
            window = torch.cos(math.pi / 2 * (away / reach).clamp(-1, 1)).square()
            window = window * own.gather(1, place)
            seconds = away / SAMPLE_RATE
            sound = torch.zeros_like(wave)
            for k in range(MAX_PARTIALS):
                angle = 2 * math.pi * hertz[..., k].gather(1, place) * seconds
                angle = (angle + turn[..., k].gather(1, place)).cos()
                sound += level[..., k].gather(1, place) * angle
            wave += sound * window
            weight += window
        return wave / weight.clamp(min=0.5)


def _shown(batch: int, share: float, device: torch.device) -> Tensor:
    return (torch.rand(batch, device=device) >= share).float()
