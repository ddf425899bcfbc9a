"""What the embedded bundle's music is like, beside real music if there is some.

One dance of half a minute (the example, three times) in every style: steadiness of the tempo and
phase against the dance, energy and onsets of the bands, noise floor; and how far pieces of five
seeds and of five styles lie apart.

python benchmarks/music.py [--level low] [--real FOLDER]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import EXAMPLE
from rich.console import Console
from seams import repeated

from d2m_cli import Dance2Music
from d2m_cli.ingest.sound import load_sound
from d2m_cli.metrics.descriptors import BAND_EDGES, WINDOW, measure, power_spectrogram
from d2m_cli.metrics.diversity import mean_distance
from d2m_cli.metrics.embeddings import music_statistics
from d2m_cli.metrics.frechet import standardise
from d2m_cli.metrics.onsets import music_beats
from d2m_cli.report.table_data import TableData, rich_table
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis, Dance, FloatArray

SECONDS = 36.0
PART = 12.0
"""Seconds of a part whose tempo is measured."""
COMPARED = ("electronic", "rock", "chiptune", "pop", "ambient")
"""Styles whose distance from one another is measured."""
SEEDS = range(5)
REAL_PIECES = 5
QUIET_SHARE = 10.0
"""Percentile over time that tells a frequency's noise floor."""
COLUMNS = (
    "Piece", "bpm in thirds", "Phase (ms)", "Bands (dB)", "Onsets/s", "Tonality", "Flatness",
    "RMS dB", "Floor (dB)",
)  # fmt: skip
NOTE = (
    "Phase: median of the music's beats less the dance's, and their spread (10th to 90th "
    "percentile). Bands: level under the whole piece, below 200 Hz, to 2 kHz, above. Floor: noise "
    f"under the piece's peak, from the {QUIET_SHARE:.0f}th percentile over time of every frequency "
    "(median of the frequencies, so that held tones do not count)."
)


def row(name: str, piece: FloatArray, dance: Dance | None = None) -> list[str]:
    """Figures of a piece, against the dance that it was made for."""
    quality = measure(piece)
    thirds = [piece[int(i * PART * SAMPLE_RATE) :][: int(PART * SAMPLE_RATE)] for i in range(3)]
    tempo = ", ".join(f"{pace(music_beats(third)):.1f}" for third in thirds)
    onsets = (quality.onsets_low, quality.onsets_middle, quality.onsets_high)
    return [
        name,
        tempo,
        phase(piece, dance) if dance else "",
        ", ".join(f"{level:.0f}" for level in bands(piece)),
        ", ".join(f"{rate:.1f}" for rate in onsets),
        f"{quality.chroma_peakiness:.2f}",
        f"{quality.flatness:.2f}",
        f"{quality.rms_spread:.1f}",
        f"{noise_floor(piece):.0f}",
    ]


def pace(beats: FloatArray) -> float:
    """Beats per minute of the straight line through the beats."""
    if len(beats) < 3:
        return float("nan")
    return 60.0 / float(np.polyfit(np.arange(len(beats)), beats, 1)[0])


def phase(piece: FloatArray, dance: Dance) -> str:
    """How many ms after the dance's beats (or half-beats) the music's lie."""
    beats = music_beats(piece)
    steps = np.arange(len(dance.rhythm.phase)) / dance.rhythm.rate
    place = np.interp(beats, steps, dance.rhythm.phase)
    late = (place - np.round(place)) * 60_000.0 / dance.rhythm.bpm
    low, middle, high = np.percentile(late, (10, 50, 90))
    return f"{middle:+.0f} ({low:+.0f} to {high:+.0f})"


def bands(piece: FloatArray) -> list[float]:
    """Power of the three bands in dB under that of the whole piece."""
    power = power_spectrogram(piece).mean(axis=1)
    hertz = np.arange(len(power)) * SAMPLE_RATE / WINDOW
    return [
        10 * float(np.log10(power[(hertz >= low) & (hertz < high)].sum() / power.sum() + 1e-9))
        for low, high in BAND_EDGES
    ]


def noise_floor(piece: FloatArray) -> float:
    """Level in dB under the loudest frame of noise that never stops."""
    power = power_spectrogram(piece)
    floor = np.median(np.percentile(power, QUIET_SHARE, axis=1)) * len(power)
    return 10 * float(np.log10(floor / power.sum(axis=0).max() + 1e-12))


def variety(sets: Sequence[Sequence[FloatArray]]) -> list[float | None]:
    """Mean distance of the pieces of each set, in the spread of all their 2 s windows' figures."""
    windows = [[music_statistics(piece) for piece in pieces] for pieces in sets]
    everything = np.concatenate([rows for pieces in windows for rows in pieces])
    means = [np.stack([rows.mean(axis=0) for rows in pieces]) for pieces in windows]
    return [mean_distance(pieces) for pieces in standardise(everything, means)]


def main() -> None:
    """Print the table and the distances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=Level, default=Level.LOW)
    parser.add_argument("--real", type=Path, help="folder of real music for rows beside ours")
    options = parser.parse_args()
    maker = Dance2Music.from_bundle()
    dance = repeated(maker.analyze(EXAMPLE).dance, SECONDS)

    def render(style: str, seed: int) -> FloatArray:
        return maker.compose(Analysis(dance), options.level, style=style, seed=seed).samples

    styles = {style: render(style, 0) for style in maker.styles}
    seeds = [render(COMPARED[0], seed) for seed in SEEDS]
    rows = [row(style, piece, dance) for style, piece in styles.items()]
    if options.real:
        count = int(SECONDS * SAMPLE_RATE)
        for path in sorted(options.real.iterdir())[:REAL_PIECES]:
            rows.append(row(path.stem[:16], load_sound(path, SAMPLE_RATE)[:count]))
    title = f"Music of level {options.level}, a dance of {dance.rhythm.bpm:.1f} bpm"
    Console(width=130).print(rich_table(TableData(title, list(COLUMNS), rows, NOTE)))
    of_seeds, of_styles = variety([seeds, [styles[style] for style in COMPARED]])
    print(f"five seeds of {COMPARED[0]} lie {of_seeds:.2f} apart, five styles {of_styles:.2f}")
    floors = [noise_floor(piece) for piece in styles.values()]
    flatness = [measure(piece).flatness or 0.0 for piece in styles.values()]
    print(f"mean floor {np.mean(floors):.1f} dB, mean flatness {np.mean(flatness):.2f}")


if __name__ == "__main__":
    main()
