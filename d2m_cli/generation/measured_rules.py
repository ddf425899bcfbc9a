"""What a style's pieces are like, measured on music: the rules of its `styles.toml`.

Measured: tempo, scales, strength and grooves of the drums, swing. A register needs no rule, since a
piece has the octaves of its style vector. Bass lines, chords, melodies and how notes decay are not
heard here: they are those of the nearest style that the bundle knows. Letters: `S` sixteenths, `F`
steps at `DRUM_RATE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.bundles.styles import StyleEntry, style_entry, style_table
from d2m_cli.data.cache.music_beats import music_rhythm
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import read_partials
from d2m_cli.errors import DataError
from d2m_cli.sketch.drums import find_drum_onsets
from d2m_cli.sketch.partials import Partials, analyse
from d2m_cli.sketch.pitches import LOWEST_PITCH
from d2m_cli.sketch.rules import SCALES
from d2m_cli.spec import BEATS_PER_BAR, DRUM_RATE, SIXTEENTHS_PER_BEAT
from d2m_cli.types import FloatArray

BAR = BEATS_PER_BAR * SIXTEENTHS_PER_BEAT
STROKES = ("kick", "snare", "hat")
"""Of the three bands of drum onsets."""
SIGNS = ((0.7, "X"), (0.45, "x"), (0.25, "o"))
"""Mean strength of a sixteenth, against the band's strongest, from which on it has a sign."""
FEWEST_BEATS = 16
CLEAR_BEAT = 0.75  # mean confidence: of a held chord it is lower, of most music higher
MOST_PATTERNS = 4
FEWEST_SHARE = 0.2
"""Share of the pieces from which on a scale is the style's."""
BASS = 24
"""Semitones above the lowest partial within which a tone counts as bass."""
ROOT_WEIGHT = 0.5
"""What the bass on the key note counts against tones inside the scale."""
FULL_DRUMS = 0.12
"""Clearness of the drums' pattern (`_clearness`) from which on drums are at full strength."""
STRAIGHT, LEAST_SWING, MOST_SWING = 0.5, 0.55, 0.75
SWING_HEARD = (0.42, 0.82)
ON_BEAT = 0.15
CLEAR = 0.15
"""Clearness of a piece's pattern from which on its grooves are written down."""
FEWEST_OFF_BEAT = 24
"""Onsets on second sixteenths of an eighth that swing is told from."""


class HeardMusic(NamedTuple):
    """What is heard in a piece of music."""

    partials: Partials
    drum_onsets: FloatArray
    """`(BANDS, F)`."""
    beats: NDArray[np.float64]
    """Seconds `(B,)`."""

    @property
    def bpm(self) -> float:
        """Mean tempo in beats per minute."""
        return float(60.0 / np.diff(self.beats).mean())


def hear(samples: FloatArray) -> HeardMusic:
    """What is heard in music `(N,)`. Raises `DataError` for few beats and for unclear ones."""
    found = music_rhythm(samples)
    if len(found.beats) < FEWEST_BEATS or found.confidence.mean() < CLEAR_BEAT:
        raise DataError("The music has too few beats, or too faint ones, to hear a pattern.")
    return HeardMusic(analyse(samples, found.beats), find_drum_onsets(samples), found.beats)


def heard_piece(file: PieceFile) -> HeardMusic:
    """What was heard in a prepared piece."""
    onsets, beats = file.whole("drum_onsets"), file.whole("beats")
    return HeardMusic(read_partials(file), onsets.astype(np.float32), beats.astype(np.float64))


def measured_entry(
    name: str,
    pieces: Sequence[HeardMusic],
    vectors: FloatArray,
    known: Mapping[str, StyleEntry],
    known_vectors: Mapping[str, FloatArray],
) -> tuple[StyleEntry, str]:
    """The entry of style `name`, and the known style whose other rules it takes.

    `vectors` `(n, CHANNELS)` are style vectors of the music; `known` are a bundle's styles with
    theirs. Raises `BundleError` where a rule of the nearest style cannot be used.
    """
    nearest = nearest_style(vectors, known, known_vectors)
    other = known[nearest]
    tempos = [piece.bpm for piece in pieces]
    slow, fast = np.percentile(tempos, (10, 90)).round()
    words = f"as {len(pieces)} pieces of {name}"
    table = style_table(words, (float(slow), float(fast)), other.rules)
    table |= {"scales": _scales(pieces), "swing": _swing(pieces)}
    table["drums"] = round(float(np.mean([drum_strength(piece) for piece in pieces])), 2)
    grooves = _grooves(pieces)
    if grooves:
        table["groove"] = grooves
    return style_entry(name, table, f"rules of {name}"), nearest


def nearest_style(
    vectors: FloatArray, known: Mapping[str, StyleEntry], known_vectors: Mapping[str, FloatArray]
) -> str:
    """The known style in bars of four whose music sounds most like `vectors` `(n, CHANNELS)`."""
    fit = [name for name in known if known[name].rules.meter == BEATS_PER_BAR] or [*known]
    everything = np.concatenate([known_vectors[name] for name in fit])
    spread = np.maximum(everything.std(axis=0), 1e-6)
    middle = vectors.mean(axis=0)
    far = {n: float(np.linalg.norm((known_vectors[n].mean(axis=0) - middle) / spread)) for n in fit}
    return min(far, key=lambda name: far[name])


def _scales(pieces: Sequence[HeardMusic]) -> list[str]:
    """Scales of at least `FEWEST_SHARE` of the pieces, the commonest first."""
    counted = Counter(scale_of(piece) for piece in pieces).most_common()
    common = [name for name, count in counted if count >= FEWEST_SHARE * len(pieces)]
    return common or [counted[0][0]]


def scale_of(piece: HeardMusic) -> str:
    """The scale that holds most of a piece's tones, on the note that its bass stands on."""
    partials = piece.partials
    pitch = partials.pitch.astype(int)
    tones = np.bincount(((pitch + LOWEST_PITCH) % 12).ravel(), partials.level.ravel(), 12)
    low = partials.level * (pitch < BASS)
    bass = np.bincount(((pitch + LOWEST_PITCH) % 12).ravel(), low.ravel(), 12)
    tones, bass = tones / max(tones.sum(), 1e-9), bass / max(bass.sum(), 1e-9)
    scores = {
        (name, root): tones[[(root + step) % 12 for step in steps]].sum() + ROOT_WEIGHT * bass[root]
        for name, steps in SCALES.items()
        for root in range(12)
    }
    return max(scores, key=lambda key: scores[key])[0]


def drum_strength(piece: HeardMusic) -> float:
    """How strong the drums of a piece are, 0..1: how much its onsets keep to a pattern of a bar.

    Music without drums has rises, too, but at any time.
    """
    return min(1.0, _clearness(_bar_of(piece)) / FULL_DRUMS)


def _clearness(pattern: NDArray[np.float64]) -> float:
    """How unlike the sixteenths of a bar `(BANDS, BAR)` are."""
    return float(pattern.std(axis=1).mean())


def _grooves(pieces: Sequence[HeardMusic]) -> dict[str, list[str]]:
    """Patterns of a bar for each stroke, the commonest first."""
    written: dict[str, Counter[str]] = {stroke: Counter() for stroke in STROKES}
    for piece in pieces:
        pattern = _bar_of(piece)
        if _clearness(pattern) < CLEAR:
            continue
        for stroke, row in zip(STROKES, pattern, strict=True):
            written[stroke][_as_signs(row)] += 1
    silent = "." * BAR
    return {
        stroke: [text for text, _ in found.most_common(MOST_PATTERNS)]
        for stroke, found in written.items()
        if set(found) - {silent}
    }


def _as_signs(row: NDArray[np.float64]) -> str:
    share = row / max(float(row.max()), 1e-9) if row.max() > 0.05 else np.zeros_like(row)
    return "".join(next((sign for least, sign in SIGNS if s >= least), ".") for s in share)


def _bar_of(piece: HeardMusic) -> NDArray[np.float64]:
    """Mean strength `(BANDS, BAR)` of the onsets on each sixteenth of a bar.

    A bar begins on the beat from which kick and snare take turns best.
    """
    place, strength = _onsets(piece)
    beats = int(place.max(initial=0.0) // SIXTEENTHS_PER_BEAT) + 1
    step = np.round(place).astype(int)
    grid = np.zeros((len(strength), max(1, -(-beats // BEATS_PER_BAR)) * BAR + BAR))
    for row, values in zip(grid, strength, strict=True):
        np.maximum.at(row, step, values)
    scores = []
    for first in range(BEATS_PER_BAR):
        bar = _folded(grid, first)
        taking_turns = bar[0, [0, 8]].sum() - bar[0, [4, 12]].sum()
        scores.append(taking_turns + bar[1, [4, 12]].sum() - bar[1, [0, 8]].sum() + bar[0, 0])
    return _folded(grid, int(np.argmax(scores)))


def _folded(grid: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    rows = grid[:, first * SIXTEENTHS_PER_BEAT :]
    whole = rows[:, : rows.shape[1] // BAR * BAR]
    return np.asarray(whole.reshape(len(grid), -1, BAR).mean(axis=1))


def _onsets(piece: HeardMusic) -> tuple[NDArray[np.float64], FloatArray]:
    """Places `(N,)` of the steps with an onset, in sixteenths from the first beat, and strengths
    `(BANDS, N)`."""
    curves, beats = piece.drum_onsets, piece.beats
    steps = np.flatnonzero(curves.any(axis=0))
    times = steps / DRUM_RATE
    inside = (times >= beats[0]) & (times <= beats[-1])
    place = SIXTEENTHS_PER_BEAT * np.interp(times[inside], beats, np.arange(len(beats)))
    return np.asarray(place, np.float64), curves[:, steps[inside]]


def _swing(pieces: Sequence[HeardMusic]) -> float:
    """Share of an eighth at which its second sixteenth begins; 0.5 where it is about straight."""
    found = [share for piece in pieces if (share := swing_of(piece)) is not None]
    share = float(np.median(found or [STRAIGHT]))
    return STRAIGHT if share < LEAST_SWING else round(min(share, MOST_SWING), 2)


def swing_of(piece: HeardMusic) -> float | None:
    """Where in an eighth most onsets of snare and cymbals between its ends lie, 0..1.

    None where there are too few of them.
    """
    place, strength = _onsets(piece)
    within, weight = place % 2.0 / 2.0, strength[1:].max(axis=0)
    on = weight * (np.minimum(within, 1.0 - within) < ON_BEAT)
    signed = np.where(within > 0.5, within - 1.0, within)
    within = within - float((on * signed).sum() / max(on.sum(), 1e-9))
    low, high = SWING_HEARD
    between = (within > low) & (within < high) & (weight > 0)
    if between.sum() < FEWEST_OFF_BEAT:
        return None
    edges = np.linspace(low, high, 41)
    counts = np.histogram(within[between], edges, weights=weight[between])[0]
    smooth = gaussian_filter1d(counts, 2.5, mode="constant")
    return float((edges[:-1] + edges[1:])[int(smooth.argmax())] / 2.0)


def rules_record(entry: StyleEntry) -> dict[str, Any]:
    """The measured rules, as `--json` prints them."""
    table = style_table(entry.sound, entry.tempo, entry.rules)
    return {key: table[key] for key in ("tempo", "scales", "drums")} | {
        "swing": entry.rules.swing,
        "groove": {stroke: list(found) for stroke, found in entry.rules.groove.items()},
    }
