"""Measures the finish against full-band stereo originals that its weights did not learn from.

    python benchmarks/measure_finish.py FOLDER... [--pieces 16]

Log spectral distance (LSD): root mean square over bins, mean over frames, of the difference in dB
between the middle of the original and what was made of its mono below 11 kHz. Two realisations of
one noise are 7.9 dB apart. "Bands" is the mean error in dB of the levels of six bands in a frame.
"""

import argparse
import tempfile
from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile
from finish_music import Array, Original, codecs, framed, pieces, read_originals

from d2m_cli.output.audio import CEILING_DB, measure_loudness
from d2m_cli.output.finish.frames import (
    FINISHED_FRAME,
    FRAME,
    RATE,
    band_means,
    bin_of,
    decibels,
)
from d2m_cli.output.finish.network import ADDED, APART
from d2m_cli.output.finish.stream import MOVED, finish
from d2m_cli.spec import SAMPLE_RATE

SPANS = {"11-20 kHz": (11000, 20000), "11-16 kHz": (11000, 16000), "16-20 kHz": (16000, 20000)}
SILENT = -85.0


def new_bands(wanted: Array, made: dict[str, Array], top: float) -> dict[str, list[float]]:
    """LSD of three spans and the error of levels, of every way to make powers `(T, F)`."""
    sounding = decibels(band_means(wanted, (6500, 10500))[:, 0]) > SILENT
    rows = {}
    for name, powers in made.items():
        count = min(len(powers), len(wanted))
        keep = np.flatnonzero(sounding[:count])
        figures = []
        for low, high in SPANS.values():
            span = slice(bin_of(low), bin_of(min(high, top)))
            apart = decibels(powers[keep, span]) - decibels(wanted[keep, span])
            known = high <= top or top - low > 2000
            figures.append(float(np.sqrt((apart**2).mean(axis=1)).mean()) if known else np.nan)
        bands = [decibels(band_means(one[keep], ADDED)) for one in (powers, wanted)]
        errors = np.abs(bands[0] - bands[1]).mean(axis=0)[np.array(ADDED[1:]) <= top]
        rows[name] = [*figures, float(errors.mean())]
    return rows


def copied_up(mono: Array) -> Array:
    """Powers `(T, F)` of the music below 11 kHz, with its treble copied up as it is."""
    powers = np.pad(mono, ((0, 0), (0, FINISHED_FRAME - FRAME)))
    for first, last, moved in MOVED:
        powers[:, first:last] = mono[:, first - moved : last - moved]
    return powers


def sides(middle: Array, side: Array) -> Array:
    """Side against middle in dB in the bands of `APART`, over a whole piece."""
    both = [band_means(framed(one, FINISHED_FRAME), APART).mean(axis=0) for one in (side, middle)]
    found: Array = decibels(both[0]) - decibels(both[1])
    return found


def measure(original: Original, mono: Array, folder: Path) -> tuple[dict[str, list[float]], Array]:
    """Rows of `new_bands`, and sides, loudness, peak and loudness of the sum of a piece."""
    before, after, summed = (folder / f"{name}.wav" for name in ("before", "after", "summed"))
    soundfile.write(before, mono, SAMPLE_RATE)
    finish(before, after)
    left_right, _ = soundfile.read(after)
    middle, side = left_right.mean(axis=1), (left_right[:, 0] - left_right[:, 1]) / 2
    soundfile.write(summed, middle, RATE, subtype="FLOAT")
    was, now, sum_of = (measure_loudness(path) for path in (before, after, summed))
    heard = framed(mono, FRAME)
    made = {
        "nothing": np.pad(heard, ((0, 0), (0, FINISHED_FRAME - FRAME))),
        "copied up": copied_up(heard),
        "finished": framed(middle * 10 ** ((was.lufs - sum_of.lufs) / 20), FINISHED_FRAME),
    }
    rows = new_bands(framed(original.middle, FINISHED_FRAME), made, original.top)
    levels = [now.lufs - was.lufs, sum_of.lufs - now.lufs, now.peak_db]
    return rows, np.array([*sides(middle, side), *levels])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pieces", type=int, default=16)
    parser.add_argument("--start", type=float, default=35.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    names = pieces(given.folders, ["test"])
    spaced = names[:: max(1, len(names) // (2 * given.pieces))]
    originals = list(islice(read_originals(spaced, given.start, given.seconds), given.pieces))
    print(len(originals), "pieces:", *(one.name for one in originals))
    wanted = np.mean([sides(one.middle, one.side) for one in originals], axis=0)
    with tempfile.TemporaryDirectory() as folder:
        for way, through in codecs().items():
            rows, facts = defaultdict(list), []
            for one in originals:
                found, told = measure(one, through(one.mono), Path(folder))
                facts.append(told)
                for name, figures in found.items():
                    rows[name].append(figures)
            print(f"\n{way}: LSD of", ", ".join(SPANS), "and error of bands, dB")
            for name, figures in rows.items():
                print(f"  {name:10}", np.nanmean(figures, axis=0).round(1))
            table = np.array(facts)
            print("  side against middle, dB, in", APART)
            print("    originals", wanted.round(1))
            print("    finished ", table[:, : len(wanted)].mean(axis=0).round(1))
            louder, lost, peak = table[:, len(wanted) :].T
            print(f"  loudness moved by {np.abs(louder).max():.2f} LU at most")
            print(f"  sum of both channels {lost.mean():.2f} LU, at worst {lost.min():.2f}")
            print(f"  true peak {peak.max():.2f} dB at most (ceiling {CEILING_DB})", flush=True)


if __name__ == "__main__":
    main()
