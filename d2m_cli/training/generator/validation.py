"""What a generator makes of held-out dances, by the measures of docs/evaluation.md."""

from collections import defaultdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.generation.level_model import choose_codes
from d2m_cli.losses.reconstruction import mel_loss
from d2m_cli.metrics.alignment import alignment_lift
from d2m_cli.metrics.coverage import CellScore, cell_score, music_cells, pooled
from d2m_cli.metrics.descriptors import measure
from d2m_cli.metrics.onsets import Times, music_onsets
from d2m_cli.metrics.statistics import mean
from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, Level
from d2m_cli.timeline import beat_times
from d2m_cli.training.generator.losses import Target
from d2m_cli.training.generator.masking import surprise
from d2m_cli.training.run.loop import Validation
from d2m_cli.types import FloatArray

AUDIO_EXAMPLES = 2
"""Pieces that are kept to listen to."""


class GeneratorCheck:
    """Gathers the figures of several batches.

    Figures: `code`, `mel` distances; `entry_std_ratio` and `codes_used` fall when it collapses;
    beats `coverage` and `hit` (pooled) against the dances' own music; `lift` of the onsets over
    chance against its beats; `peakiness` and `flatness` of the sound; `half_known` nats of a masked
    generator.
    """

    def __init__(self, generator: Generator, vqvae: VQVAE, level: Level) -> None:
        self.generator, self.vqvae, self.level = generator, vqvae, level
        self._figures: dict[str, list[float | None]] = defaultdict(list)
        self.cells: list[CellScore] = []
        """Coverage and hit of each dance."""
        self.nats: list[float] = []
        """Cross-entropy of each dance's true codes, for a generator that predicts a std."""
        self._sounds: dict[str, FloatArray] = {}

    @torch.no_grad()
    def add(
        self,
        given: Conditions,
        target: Target,
        sketch: Tensor | None,
        phases: NDArray[np.float64],
        seed: int,
    ) -> None:
        """Perform a batch of dances; compare with their music and its beats `phases` `(B, T)`."""
        predicted = self.generator(given, target.entries.shape[-1], sketch)
        codebook = self.vqvae.codebook(self.level)
        draw = torch.Generator().manual_seed(seed)
        codes, logits = choose_codes(self.generator, predicted, codebook, draw)
        if logits is not None:
            lost = cross_entropy(logits.mT, target.codes, reduction="none")
            self.nats += lost.mean(dim=1).tolist()
            if self.generator.settings.masked:
                self._note("half_known", self._half_known(given, target, sketch, draw))
        entries = look_up(codes, codebook)
        waves = self.vqvae.decode(entries, self.level)
        self._note("code", float((entries - target.entries).abs().mean()))
        self._note("mel", float(mel_loss(waves, target.wave)))
        self._note("entry_std_ratio", float(entries.std() / target.entries.std()))
        self._note("codes_used", float(len(codes.unique())))
        heard = waves.cpu().numpy(), target.wave.cpu().numpy()
        for wave, true, phase in zip(*heard, phases, strict=True):
            self._listen(wave, true, beat_times(phase, MOTION_RATE))

    def _half_known(
        self, given: Conditions, target: Target, sketch: Tensor | None, draw: torch.Generator
    ) -> float:
        """Nats per hidden code where every other code is known."""
        hidden = (torch.rand(target.codes.shape, generator=draw) < 0.5).to(target.codes.device)
        known = known_codes(target.entries, hidden)
        said = self.generator(given, target.codes.shape[1], sketch, known)
        codebook = self.vqvae.codebook(self.level)
        return float(surprise(said, codebook, self.generator.prior, target.codes, hidden))

    def result(self) -> Validation:
        """Means over all that was added, and the first pieces."""
        coverage, hit = pooled(self.cells)
        means = {name: mean(values) for name, values in self._figures.items()}
        figures = means | {"coverage": coverage, "hit": hit}
        known = {name: value for name, value in figures.items() if value is not None}
        return Validation(known, self._sounds)

    def _listen(self, wave: FloatArray, true: FloatArray, beats: Times) -> None:
        quality = measure(wave)
        self._note("peakiness", quality.chroma_peakiness)
        self._note("flatness", quality.flatness)
        self._note("lift", alignment_lift(beats, music_onsets(wave), len(wave) / SAMPLE_RATE))
        number = len(self.cells)
        self.cells.append(cell_score(music_cells(true), music_cells(wave)))
        if number < AUDIO_EXAMPLES:
            self._sounds |= {f"{number}_true": true, f"{number}_generated": wave}

    def _note(self, name: str, value: float | None) -> None:
        self._figures[name].append(value)
