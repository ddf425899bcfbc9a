"""Whether windows can be heard: change of level and spectrum at their joins, against elsewhere.

A dance of ten minutes is the example's, repeated; music is composed, decoded and cleaned in
windows as always. Each join (of generator and decoder windows) gets the rank of its change among
all frames of the piece: without a seam the ranks are spread evenly, with a mean of 50 %.

python benchmarks/seams.py [--level low] [--seconds 600]
"""

import argparse

import numpy as np
from common import EXAMPLE

from d2m_cli import Dance2Music
from d2m_cli.evaluation.styles_report import repeated
from d2m_cli.librosa_lock import librosa
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis

HOP = 256
GENERATOR_CODES = 4096
DECODER_SECONDS = 6.0


def ranks(change: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Share of frames that change less than each of `frames` (the most of three around it), %."""
    widest = np.maximum(np.maximum(change, np.roll(change, 1)), np.roll(change, -1))
    return 100.0 * np.searchsorted(np.sort(widest), widest[frames]) / len(widest)


def main() -> None:
    """Print the ranks of the joins."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=Level, default=Level.LOW)
    parser.add_argument("--seconds", type=float, default=600.0)
    options = parser.parse_args()
    maker = Dance2Music.from_bundle()
    dance = repeated(maker.analyze(EXAMPLE).dance, options.seconds)
    sound = maker.compose(Analysis(dance), options.level).samples
    mel = librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE, hop_length=HOP, n_mels=40)
    level = np.log10(np.maximum(mel, 1e-6))
    spectrum = np.abs(np.diff(level, axis=1)).mean(axis=0)
    loudness = np.abs(np.diff(level.mean(axis=0)))
    steps = {
        "generator": GENERATOR_CODES / options.level.code_rate,
        "decoder": int(DECODER_SECONDS * options.level.code_rate) / options.level.code_rate,
    }
    for name, step in steps.items():
        joins = np.arange(step, options.seconds - 1.0, step)
        frames = (joins * SAMPLE_RATE / HOP).round().astype(int)
        for kind, change in (("spectrum", spectrum), ("level", loudness)):
            rank = ranks(change, frames)
            print(
                f"{name:9s} {kind:8s}: {len(frames)} joins, mean rank {rank.mean():.0f} %, "
                f"{(rank > 95).mean():.0%} of them among the 5 % that change most"
            )


if __name__ == "__main__":
    main()
