"""Music on the device whole, with beats and sketches: no step waits for data."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2m_cli.sketch.drums import drum_curves
from d2m_cli.sketch.partials import frequencies, sixteenths
from d2m_cli.spec import DRUM_HOP, SAMPLE_RATE

GAP = 2 * SAMPLE_RATE
"""Silence between two pieces of the joined music."""


class Bank:
    """Joined music with beats and sketches, and the dances that belong to stretches of it."""

    def __init__(
        self, packed: Path, folder: Path, device: torch.device, played: Path | None = None
    ) -> None:
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
        self._load_played(played)

    def _load_played(self, folder: Path | None) -> None:
        """Songs as their notes sound, joined; -1 is where a piece without them begins."""
        parts, starts, end = [np.zeros(0, np.int16)], [], 0
        for name, length in zip(self.names, self.lengths, strict=True):
            path = folder / f"{name}.npy" if folder else None
            there = path is not None and length > 0 and path.exists()
            starts.append(end if there else -1)
            if there:
                parts += [np.load(path)[:length], np.zeros(GAP, np.int16)]
                end += len(parts[-2]) + GAP
        self.played = torch.from_numpy(np.concatenate(parts)).to(self.device)
        self.played_start = torch.tensor(starts, device=self.device)

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
