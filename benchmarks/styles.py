"""Style recognition: generated music beside rendered songs, by what no style vector holds.

python benchmarks/styles.py SONGS VIDEO... [--level high] [--composer rules] [--seeds 5]

SONGS is a cache that `d2m prepare songs` made. *Recognised*: share of its songs that are nearest
to the other songs of their style (`metrics.traits`). *Made*: the same of pieces of 20 s, in every
style, for the videos, which are repeated to that length; *centred*: after what all pieces for a
dance share, the network's sound and the dance's pace, was taken off. *Flatness*: log10, 0 is white
noise. With --soundfont (and --samples) the scores of the pieces are played by instruments instead.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.bundles.styles import read_styles
from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import bar_openings
from d2m_cli.evaluation.styles_report import repeated
from d2m_cli.features.motion import dance_energy, limb_energy
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.metrics.descriptors import measure
from d2m_cli.metrics.statistics import mean
from d2m_cli.metrics.traits import Rows, StyleClassifier, traits
from d2m_cli.pcm import to_float
from d2m_cli.sketch.grid import Grid
from d2m_cli.songs.dances import play_for_dance
from d2m_cli.spec import SIXTEENTHS_PER_BEAT, Composing, Level
from d2m_cli.types import Analysis, Dance, FloatArray

SECONDS = 20.0
STYLES = (
    *("ambient", "breakbeat", "cha-cha", "chiptune", "disco", "drum-and-bass", "funk", "hip-hop"),
    *("house", "pop", "reggaeton", "rock", "salsa", "tango", "techno", "trap", "waltz"),
)


class Piece(NamedTuple):
    """Music whose style is known."""

    style: str
    rows: Rows
    flatness: float | None
    """Log10; 0 is white noise."""


def song(file: PieceFile) -> Piece:
    """Traits of a rendered song, whose beats and bars are known."""
    beats = file.whole("beats").astype(np.float64)
    opens = bar_openings(file)
    meter = round(float(np.median(np.diff(opens))))
    places = np.arange(SIXTEENTHS_PER_BEAT * (len(beats) - 1 - opens[0]) + 1)
    times = np.interp(opens[0] + places / SIXTEENTHS_PER_BEAT, np.arange(len(beats)), beats)
    return heard(file.entry.style, to_float(file.whole("audio")), times, meter)


def heard(style: str, sound: FloatArray, times: NDArray[np.float64], meter: int) -> Piece:
    """A piece whose sixteenths lie at `times`."""
    return Piece(style, traits(sound, times, meter), measure(sound).flatness)


def bar_grid(dance: Dance, meter: int) -> NDArray[np.float64]:
    """Times of a dance's sixteenths, from the first opening of a bar on."""
    grid = Grid.of(dance.rhythm, meter)
    return grid.seconds(np.arange(-grid.first % grid.bar, grid.count + 1))


def classifier(pieces: Sequence[Piece]) -> StyleClassifier:
    """A classifier that learned from these pieces."""
    styles = [piece.style for piece in pieces for _ in piece.rows]
    return StyleClassifier(np.concatenate([piece.rows for piece in pieces]), styles)


def recognised(songs: Sequence[Piece]) -> float:
    """Share 0..1 of songs that are nearest to the other songs of their style."""
    right = []
    for piece in songs:
        others = [other for other in songs if other is not piece]
        right.append(classifier(others).nearest(piece.rows) == piece.style)
    return float(np.mean(right))


def score(made: Sequence[Piece], known: StyleClassifier) -> dict[str, object]:
    """How many pieces for a dance are nearest to their style; what the others are taken for."""
    shift = np.mean([piece.rows.mean(axis=0) for piece in made], axis=0) - known.centre
    plain = [known.nearest(piece.rows) for piece in made]
    centred = [known.nearest(piece.rows - shift) for piece in made]
    wrong = [(p.style, c) for p, c in zip(made, centred, strict=True) if p.style != c]
    return {
        "flatness": mean(piece.flatness for piece in made),
        "made": float(np.mean([p.style == c for p, c in zip(made, plain, strict=True)])),
        "centred": 1.0 - len(wrong) / len(made),
        "taken_for": [f"{a} -> {b}: {n}" for (a, b), n in Counter(wrong).most_common(6)],
    }


def main() -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("songs", type=Path)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--bundle")
    parser.add_argument("--level", type=Level, default=Level.HIGH)
    parser.add_argument("--composer", type=Composing)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--soundfont", type=Path)
    parser.add_argument("--samples", type=Path)
    options = parser.parse_args()
    entries = [e for e in read_manifest(options.songs).entries if e.style in STYLES]
    songs = [song(PieceFile(options.songs, entry)) for entry in entries]
    flatness = mean(piece.flatness for piece in songs)
    told = {"songs": len(songs), "recognised": recognised(songs), "flatness": flatness}
    print(json.dumps(told), flush=True)
    known, rules = classifier(songs), read_styles(options.bundle)
    maker = Dance2Music.from_bundle(options.bundle, composing=options.composer)
    for video in options.videos:
        dance = repeated(maker.analyze(video).dance, SECONDS)
        energy, limbs = dance_energy(dance.motion), limb_energy(dance.motion)
        pieces = []
        for style in STYLES:
            times = bar_grid(dance, rules[style].rules.meter)
            for seed in range(options.seeds):
                if options.soundfont:
                    piece = dance.rhythm, energy, SECONDS, style, rules[style].rules, seed
                    font, samples = options.soundfont, options.samples
                    sound = play_for_dance(*piece, font, samples, dance.events, limbs)
                else:
                    made = maker.compose(Analysis(dance), options.level, style=style, seed=seed)
                    sound = made.samples
                pieces.append(heard(style, sound, times, rules[style].rules.meter))
        print(json.dumps({"dance": video.name, **score(pieces, known)}), flush=True)


if __name__ == "__main__":
    main()
