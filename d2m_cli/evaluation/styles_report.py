"""What a bundle's music is like in every style, for one dance, beside real music.

Convention: the dance is repeated to half a minute. Tempo is the straight line through the tracked
beats of each third; phase is how late the music's beats are after the dance's; bands are levels
under the whole piece; the noise floor is the level that a frequency keeps in its quietest tenth of
the time (median of the frequencies, so that held tones do not count), under the loudest frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.sound import load_sound
from d2m_cli.metrics.descriptors import BAND_EDGES, WINDOW, measure, power_spectrogram
from d2m_cli.metrics.diversity import mean_distance
from d2m_cli.metrics.embeddings import music_statistics
from d2m_cli.metrics.frechet import standardise
from d2m_cli.metrics.onsets import music_beats
from d2m_cli.metrics.statistics import mean
from d2m_cli.progress import Progress, silent
from d2m_cli.report.table_data import TableData
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis, Dance, FloatArray, Motion, Rhythm, Visual

SECONDS = 36.0
THIRD_SECONDS = 12.0
SEEDS = 5
REAL_PIECES = 5
QUIET_SHARE = 10.0
"""Percentile over time that is a frequency's noise floor."""

COLUMNS = (
    *("Piece", "bpm in thirds", "Phase (ms)", "Bands (dB)", "Onsets/s", "Tonality", "Flatness"),
    *("RMS dB", "Floor (dB)"),
)
NOTE = (
    "Phase: median of the music's beats less the dance's (10th to 90th percentile). Bands: below "
    "200 Hz, to 2 kHz, above. Floor: noise under the piece's peak."
)


@dataclass(frozen=True)
class StyleFigures:
    """Figures of one piece."""

    name: str
    tempo: list[float | None]
    """Beats per minute of each third; `None` for fewer than three beats."""
    phase_ms: tuple[float, float, float] | None
    """Median, 10th and 90th percentile; `None` without a dance or without beats."""
    bands_db: list[float]
    onsets: list[float]
    """Per second in the three bands."""
    tonality: float | None
    flatness: float | None
    rms_spread: float
    floor_db: float


def styles_record(
    maker: Dance2Music,
    dance: Dance,
    level: Level,
    real: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Figures of every style of a bundle (JSON): pieces, their means, and how far they lie apart.

    `real` is a folder of music whose first pieces are measured beside them.
    """
    dance = repeated(dance, SECONDS)
    names = sorted(maker.styles)
    count = len(names) + SEEDS - 1

    def render(style: str, seed: int, number: int) -> FloatArray:
        progress("generate", number, count)
        return maker.compose(Analysis(dance), level, style=style, seed=seed).samples

    styles = {style: render(style, 0, number) for number, style in enumerate(names)}
    first = names[0]
    seeds = [render(first, seed, len(names) + seed - 1) for seed in range(1, SEEDS)]
    progress("generate", count, count)
    pieces = [style_figures(style, piece, dance) for style, piece in styles.items()]
    apart = variety([[styles[first], *seeds], list(styles.values())])
    others = []
    if real:
        for path in sorted(p for p in real.iterdir() if p.is_file())[:REAL_PIECES]:
            samples = load_sound(path, SAMPLE_RATE)[: int(SECONDS * SAMPLE_RATE)]
            others.append(style_figures(path.stem, samples))
    return {
        "level": level.value,
        "dance_bpm": dance.rhythm.bpm,
        "pieces": [asdict(piece) for piece in pieces],
        "real": [asdict(piece) for piece in others],
        "seeds_of": first,
        "seeds_apart": apart[0],
        "styles_apart": apart[1],
        "mean_floor_db": mean(piece.floor_db for piece in pieces),
        "mean_flatness": mean(piece.flatness for piece in pieces),
    }


def styles_table(record: Mapping[str, Any]) -> TableData:
    """The figures of `styles_record`, a row for each piece."""
    title = f"Music of level {record['level']}, a dance of {record['dance_bpm']:.1f} bpm"
    rows = [_row(piece) for piece in (*record["pieces"], *record["real"])]
    return TableData(title, COLUMNS, rows, NOTE)


def style_figures(name: str, piece: FloatArray, dance: Dance | None = None) -> StyleFigures:
    """Figures of a piece `(N,)` at `SAMPLE_RATE`, against the dance that it was made for."""
    quality = measure(piece)
    length = int(THIRD_SECONDS * SAMPLE_RATE)
    thirds = [piece[start : start + length] for start in range(0, len(piece), length)]
    return StyleFigures(
        name=name,
        tempo=[tempo_of(third) for third in thirds if len(third) >= WINDOW],
        phase_ms=phase_ms(piece, dance) if dance else None,
        bands_db=band_levels(piece),
        onsets=[quality.onsets_low, quality.onsets_middle, quality.onsets_high],
        tonality=quality.chroma_peakiness,
        flatness=quality.flatness,
        rms_spread=quality.rms_spread,
        floor_db=noise_floor(piece),
    )


def tempo_of(piece: FloatArray) -> float | None:
    """Beats per minute of the straight line through the tracked beats of a piece `(N,)`.

    `None` for under three beats.
    """
    beats = music_beats(piece)
    if len(beats) < 3:
        return None
    return 60.0 / float(np.polyfit(np.arange(len(beats)), beats, 1)[0])


def phase_ms(piece: FloatArray, dance: Dance) -> tuple[float, float, float] | None:
    """How many ms after the dance's beats those of a piece `(N,)` lie.

    Median, 10th and 90th percentile.
    """
    beats = music_beats(piece)
    if not len(beats):
        return None
    steps = np.arange(len(dance.rhythm.phase)) / dance.rhythm.rate
    place = np.interp(beats, steps, dance.rhythm.phase)
    late = (place - np.round(place)) * 60_000.0 / dance.rhythm.bpm
    low, middle, high = (float(value) for value in np.percentile(late, (10, 50, 90)))
    return middle, low, high


def band_levels(piece: FloatArray) -> list[float]:
    """Power of the three bands in dB under that of the whole piece `(N,)`."""
    power = power_spectrogram(piece).mean(axis=1)
    hertz = np.arange(len(power)) * SAMPLE_RATE / WINDOW
    return [
        10 * float(np.log10(power[(hertz >= low) & (hertz < high)].sum() / power.sum() + 1e-9))
        for low, high in BAND_EDGES
    ]


def noise_floor(piece: FloatArray) -> float:
    """Level in dB, under the loudest frame of a piece `(N,)`, of noise that never stops."""
    power = power_spectrogram(piece)
    floor = np.median(np.percentile(power, QUIET_SHARE, axis=1)) * len(power)
    return 10 * float(np.log10(floor / power.sum(axis=0).max() + 1e-12))


def variety(sets: Sequence[Sequence[FloatArray]]) -> list[float | None]:
    """Mean distance of the pieces `(N,)` of each set, in the spread of all their 2 s windows."""
    windows = [[music_statistics(piece) for piece in pieces] for pieces in sets]
    everything = np.concatenate([rows for pieces in windows for rows in pieces])
    means = [np.stack([rows.mean(axis=0) for rows in pieces]) for pieces in windows]
    return [mean_distance(pieces) for pieces in standardise(everything, means)]


def repeated(dance: Dance, seconds: float) -> Dance:
    """The dance, again and again, with its beat going on at its mean tempo."""
    times = int(-(-seconds // dance.seconds))
    steps = round(seconds * dance.motion.rate)
    motion = np.tile(dance.motion.features, times)[:, :steps]
    pace = dance.rhythm.bpm / 60.0 / dance.rhythm.rate
    phase = (dance.rhythm.phase[0] + pace * np.arange(steps)).astype(np.float32)
    confidence = np.full(steps, dance.rhythm.confidence.mean(), np.float32)
    return replace(
        dance,
        motion=Motion(motion, np.ones(steps, np.bool_), dance.motion.rate),
        visual=Visual(np.tile(dance.visual.features, times), dance.visual.rate),
        rhythm=Rhythm(phase, confidence, dance.rhythm.rate),
        seconds=seconds,
    )


def _row(piece: Mapping[str, Any]) -> list[str]:
    late = piece["phase_ms"]
    return [
        piece["name"][:16],
        ", ".join("–" if tempo is None else f"{tempo:.1f}" for tempo in piece["tempo"]),
        f"{late[0]:+.0f} ({late[1]:+.0f} to {late[2]:+.0f})" if late else "",
        ", ".join(f"{level:.0f}" for level in piece["bands_db"]),
        ", ".join(f"{rate:.1f}" for rate in piece["onsets"]),
        *("–" if piece[key] is None else f"{piece[key]:.2f}" for key in ("tonality", "flatness")),
        f"{piece['rms_spread']:.1f}",
        f"{piece['floor_db']:.0f}",
    ]
