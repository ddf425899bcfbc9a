"""Music on the device whole, and random stretches of it drawn there: no step waits for data."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2m_cli.models.generator import Conditions
from d2m_cli.sketch.drums import drum_curves
from d2m_cli.sketch.partials import MAX_PARTIALS, frequencies, sixteenths
from d2m_cli.spec import (
    DRUM_HOP,
    DRUM_RATE,
    MOTION_RATE,
    NOISE_CHANNELS,
    NOISE_RATE,
    SAMPLE_RATE,
)

STEP = round(SAMPLE_RATE / MOTION_RATE)
"""Samples of a motion step."""
GAP = 2 * SAMPLE_RATE
"""Silence between two pieces of the joined music."""
ROWS = 48
"""Sixteenths that can sound in a stretch."""
LEVEL_ERROR_DB, FEWEST_KEPT = 2.0, 5
PHASE_ERROR = 0.03
MOTION_UNIT = 32.0
VISUAL_RATE = 1.875
"""Visual vectors per second of the embedded bundle."""
HIDDEN = {"motion": 0.1, "visual": 0.3, "style": 0.1, "sketch": 0.05, "drum_onsets": 0.1}
GAINS_DB = (-5.0, 2.0)
"""Half of the stretches are as loud as their music, the others differ by this."""


class Bank:
    """Joined music with beats and sketches, and the dances that belong to stretches of it."""

    def __init__(self, packed: Path, folder: Path, device: torch.device) -> None:
        with np.load(packed) as file:
            self.arrays = {name: file[name] for name in file.files}
        found = self.arrays
        self.device = device
        self.names = [str(name) for name in found["names"]]
        self.splits = [str(split) for split in found["splits"]]
        self.waves = [
            np.load(path, mmap_mode="r") if (path := folder / f"{name}.npy").exists() else None
            for name in self.names
        ]
        lengths = [int(count) for count in found["samples_count"]]
        self.starts = np.cumsum([GAP, *(length + GAP for length in lengths)])[:-1]
        joined = np.zeros(int(self.starts[-1]) + lengths[-1] + 2 * GAP, np.int16)
        for start, length, wave in zip(self.starts, lengths, self.waves, strict=True):
            if wave is not None:
                joined[start : start + min(len(wave), GAP + length)] = wave[: GAP + length]
        self.lengths = np.array(lengths) * [wave is not None for wave in self.waves]
        self.audio = torch.from_numpy(joined).to(device)
        self.start = torch.from_numpy(self.starts).to(device)

    def rows(self, name: str) -> list[np.ndarray]:
        """The rows of array `name`, piece by piece."""
        counts = self.arrays[f"{name}_count"].astype(int)
        return np.split(self.arrays[name], np.cumsum(counts)[:-1])

    def present(self, *splits: str) -> list[int]:
        """Numbers of the pieces of `splits` whose sound is there."""
        return [i for i, split in enumerate(self.splits) if split in splits and self.lengths[i]]

    def load_sketches(self) -> None:
        """What the generator's stretches need beside the sound."""
        found, device = self.arrays, self.device

        def joined(parts: list[Any], kind: Any) -> tuple[Tensor, Tensor]:
            offsets = np.cumsum([0, *(len(part) for part in parts)])[:-1]
            whole = torch.from_numpy(np.concatenate(parts).astype(kind))
            return whole.to(device), torch.from_numpy(offsets).to(device)

        middles, halves = [], []
        for start, beats in zip(self.starts, self.rows("beats"), strict=True):
            times = sixteenths(beats.astype(np.float64))
            middles.append((times * SAMPLE_RATE).round().astype(np.int64) + start)
            halves.append(max(1, round(float(np.median(np.diff(times))) * SAMPLE_RATE)))
        self.middles = torch.from_numpy(np.concatenate(middles)).to(device)
        self.row_piece = torch.from_numpy(
            np.repeat(np.arange(len(middles)), [len(m) for m in middles])
        ).to(device)
        self.half = torch.tensor(halves, device=device)
        hertz = [
            frequencies(float(tuning))[pitch].astype(np.float32)
            for tuning, pitch in zip(found["tuning"], self.rows("pitch"), strict=True)
        ]
        self.hertz = torch.from_numpy(np.concatenate(hertz)).to(device)
        self.level = torch.from_numpy(found["level"].astype(np.float32)).to(device)
        self.partial_phase = torch.from_numpy(found["partial_phase"].astype(np.float32)).to(device)
        self.phase, self.phase_start = joined(self.rows("phase"), np.float64)
        self.confidence, _ = joined(self.rows("confidence"), np.float32)
        curves = [drum_curves(h.T.astype(np.float32)).T for h in self.rows("drum_onsets")]
        self.curves, self.curves_start = joined(curves, np.float32)
        self.styles, self.styles_start = joined(self.rows("styles"), np.float32)
        self.styles_count = torch.from_numpy(found["styles_count"].astype(np.int64)).to(device)
        self.pictures = torch.from_numpy(found["pictures"].astype(np.float32)).to(device)
        self.strokes = self._strokes()

    def _strokes(self) -> Tensor:
        """Drum strokes of all the music, as long as `audio`, half precision."""
        kernels = torch.from_numpy(self.arrays["strokes"]).to(self.device)
        out = torch.zeros(len(self.audio), dtype=torch.float16, device=self.device)
        for start, length, onsets in zip(
            self.starts, self.lengths, self.rows("drum_onsets"), strict=True
        ):
            if not length:
                continue
            size = 2 ** math.ceil(math.log2(length + kernels.shape[1] + DRUM_HOP))
            places = torch.zeros(kernels.shape[0], size, device=self.device)
            count = min(len(onsets), length // DRUM_HOP)
            strengths = torch.from_numpy(onsets[:count].T.astype(np.float32)).to(self.device)
            places[:, : DRUM_HOP * count : DRUM_HOP] = strengths
            sound = torch.fft.irfft(
                (torch.fft.rfft(places) * torch.fft.rfft(kernels, size)).sum(0), size
            )
            out[start : start + length] = sound[:length].half()
        return out

    def crops(self, first: Tensor, samples: int) -> Tensor:
        """Sound `(B, samples)` from places `first` `(B,)` of the joined music on."""
        places = first[:, None] + torch.arange(samples, device=self.device)
        return self.audio[places].float() / 32768.0


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
            low, high = GAINS_DB
            gain = low + (high - low) * torch.rand(batch, 1, device=device)
            gain = 10 ** (gain * (torch.rand(batch, 1, device=device) < 0.5) / 20)
            wave, tones = wave * gain, tones * gain
        given = Conditions(motion, visual, phase, confidence, noise, style, onsets)
        return wave, given, tones + strokes

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
