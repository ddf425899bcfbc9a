"""Who composes better, rules or the learned composer: sketches of both beside those of real music.

python benchmarks/composers.py CACHE [--bundle weights] [--pieces 24] [--seconds 16]

CACHE holds music that `d2m prepare music` made. Of its training pieces half are the reference; the
beats of the other half are the dance, which never rests. *Distance*: of the sketches' sound from
the reference's, by `music`. *Key*: best correlation of a piece's chroma with a key's profile.
*Again*: how alike the sixteenths are four and eight bars later (cosine of their chroma, less the
piece's mean). *Nearest*: for two bars, the most alike two bars of all training music in any key
(cosine of chroma and onsets), its median and highest. *Seeds*: distance between pieces of two seeds
on one beat, as a share of that between pieces of the reference.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import HOLDS, read_partials
from d2m_cli.evaluation.yardstick import REAL, distances
from d2m_cli.generation.composing import compose_learned, load_composer
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.styles import named_style, style_for_dance
from d2m_cli.metrics.embeddings import MUSIC, music_statistics
from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.arrangement import Arrangement
from d2m_cli.sketch.drums import render_drums
from d2m_cli.sketch.frames import OFFSETS, STRENGTHS, Frames, to_frames
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.pitches import OCTAVE, chroma_of
from d2m_cli.sketch.sinusoids import render
from d2m_cli.sketch.wishes import GROOVE, wishes_of_music
from d2m_cli.spec import DRUM_RATE, MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import FloatArray, Rhythm

BEGIN = 20.0
"""Seconds of a piece that are passed over."""
TWO_BARS, HOP = 32, 4
LATER = (64, 128)
"""Sixteenths of four and of eight bars."""
PROFILES = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
"""Major and minor (Krumhansl and Kessler 1982)."""
NO_WORDS = Arrangement("", (), (), (), ())


def amplitudes(partials: Partials) -> FloatArray:
    """Levels `(S, PITCHES)`."""
    found = np.zeros((len(partials.times), 72), np.float32)
    np.put_along_axis(found, partials.pitch.astype(int), partials.level, 1)
    return found


def part_of(file: PieceFile, begin: float, seconds: float) -> tuple[Sketch, Rhythm]:
    """A stretch of a piece's sketch, and its beats."""
    whole, onsets = read_partials(file), file.whole("drum_onsets").astype(np.float32)
    inside = (whole.times >= begin) & (whole.times < begin + seconds)
    rows = (part[inside] for part in (whole.pitch, whole.level, whole.phase))
    partials = Partials(whole.times[inside] - begin, *rows, whole.tuning)
    first = round(begin * DRUM_RATE)
    onsets = onsets[:, first : first + int(seconds * DRUM_RATE) + 2]
    phase = file.whole("phase")[round(begin * MOTION_RATE) :][: round(seconds * MOTION_RATE)]
    phase = phase - np.floor(phase[0])
    rhythm = Rhythm(phase, np.ones(len(phase), np.float32), MOTION_RATE)
    return Sketch(partials, onsets, NO_WORDS), rhythm


def has_beats(file: PieceFile, begin: float, seconds: float) -> bool:
    """Whether a stretch of a piece lies between its beats."""
    times = read_partials(file).times
    return bool(times[0] < begin and times[-1] > begin + seconds)


def sound(sketch: Sketch, seconds: float) -> FloatArray:
    """What a sketch sounds like, `(N,)`."""
    count = int(seconds * SAMPLE_RATE)
    tones = render(sketch.partials, 0, count)
    return np.asarray(tones + render_drums(sketch.drum_onsets, 0, count), np.float32)


def key_clarity(chroma: NDArray[np.floating]) -> float:
    """Best correlation of chroma `(S, 12)` with the profile of a key."""
    weight = chroma.mean(axis=0)
    turned = (np.roll(profile, key) for profile in PROFILES for key in range(OCTAVE))
    return max(float(np.corrcoef(weight, profile)[0, 1]) for profile in turned)


def again(chroma: NDArray[np.floating], later: int) -> float:
    """Mean cosine of chroma `(S, 12)` with that `later` sixteenths on; NaN for shorter pieces."""
    if len(chroma) <= later:
        return float("nan")
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    unit = unit - unit.mean(axis=0)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-9)
    return float((unit[:-later] * unit[later:]).sum(axis=1).mean())


def two_bars(frames: Frames, hop: int) -> NDArray[np.float32]:
    """Unit vectors `(n, 32 * 15)` of chroma and onsets of all stretches of two bars."""
    chroma = chroma_of(frames.levels.astype(float))
    kinds = frames.onsets.astype(int)
    onsets = np.where(kinds > 0, 1 + (kinds - 1) // OFFSETS, 0) / STRENGTHS
    both = [part / max(float(np.sqrt((part**2).sum(1).mean())), 1e-9) for part in (chroma, onsets)]
    joined = np.concatenate(both, axis=1)
    begins = range(0, len(joined) - TWO_BARS + 1, hop)
    rows = np.array([joined[b : b + TWO_BARS] for b in begins], np.float32)
    flat = rows.reshape(len(rows), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def nearest(frames: Frames, known: NDArray[np.float32]) -> list[float]:
    """Highest cosine of each two bars with any of `known`, in any key."""
    found = []
    for row in two_bars(frames, TWO_BARS):
        bars = row.reshape(TWO_BARS, -1)
        keys = [
            np.concatenate([np.roll(bars[:, :OCTAVE], key, axis=1), bars[:, OCTAVE:]], axis=1)
            for key in range(OCTAVE)
        ]
        found.append(float((known @ np.stack(keys).reshape(OCTAVE, -1).T).max()))
    return found


def main() -> None:
    """Print one line for each composer, and one for real music."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--bundle", default="weights")
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=16.0)
    options = parser.parse_args()
    maker = D2MMaker(load_bundle(options.bundle), "cpu")
    composer = load_composer(maker.bundle)
    files = [
        PieceFile(options.cache, entry)
        for entry in read_manifest(options.cache).entries
        if set(HOLDS) <= set(entry.holds)
    ]
    files = [file for file in files if has_beats(file, BEGIN, options.seconds)]
    training = [file for file in files if file.entry.split == "train"]
    np.random.default_rng(1).shuffle(training)
    reference, dances = training[: options.pieces], training[options.pieces : 2 * options.pieces]
    held_out = [file for file in files if file.entry.split != "train"]
    known = np.concatenate(
        [two_bars(to_frames(read_partials(f), f.whole("drum_onsets")), HOP) for f in training]
    )
    made: dict[str, list[Sketch]] = {REAL: [], "rules": [], "learned": []}
    second_takes: dict[str, list[Sketch]] = {"rules": [], "learned": []}
    for number, file in enumerate(dances):
        real, rhythm = part_of(file, BEGIN, options.seconds)
        made[REAL].append(real)
        lively = np.ones(len(rhythm.phase), np.float32)
        name = style_for_dance(maker.styles, rhythm.bpm)
        for into, seed in ((made, number), (second_takes, number + 1000)):
            style = named_style(maker.styles, maker.style_vectors, name, seed)
            piece = rhythm, lively, options.seconds
            into["rules"].append(arrange(*piece, style.name, style.rules, seed))
            into["learned"].append(compose_learned(composer, *piece, style, seed))
    sounds = {n: [sound(s, options.seconds) for s in sketches] for n, sketches in made.items()}
    others = [sound(part_of(f, BEGIN, options.seconds)[0], options.seconds) for f in reference]
    apart = distances(MUSIC, others, sounds)
    held = [part_of(file, BEGIN, options.seconds)[0] for file in held_out]
    figures = np.stack([music_statistics(one).mean(axis=0) for one in others])
    spread = figures.std(axis=0)
    usual = np.mean([np.abs((a - b) / spread).mean() for a in figures for b in figures])
    print("composer  distance  key   again 4, 8 bars  nearest (highest)  groove  seeds")
    for name, sketches in made.items():
        chroma = [chroma_of(amplitudes(sketch.partials)) for sketch in sketches]
        later = [np.nanmean([again(one, lag) for one in chroma]) for lag in LATER]
        asked = held if name == REAL else sketches
        found = sum(
            (nearest(to_frames(s.partials, s.drum_onsets), known) for s in asked), list[float]()
        )
        over_seeds = over_groove = "-"
        if name in second_takes:
            second = [sound(sketch, options.seconds) for sketch in second_takes[name]]
            pairs = zip(sounds[name], second, strict=True)
            moved = [np.abs(_figures(a) - _figures(b)) / spread for a, b in pairs]
            over_seeds = f"{np.mean(moved) / usual:.2f}"
            over_groove = (
                f"{np.mean([_alike(*p) for p in zip(made['rules'], sketches, strict=True)]):.2f}"
            )
        print(
            f"{name:10s}{apart[name]:7.1f}  {np.mean([key_clarity(c) for c in chroma]):.2f}  "
            f"{later[0]:6.2f}, {later[1]:.2f}     {np.median(found):.2f} ({max(found):.2f})"
            f"       {over_groove}    {over_seeds}",
            flush=True,
        )


def _figures(samples: FloatArray) -> FloatArray:
    return np.asarray(music_statistics(samples).mean(axis=0))


def _alike(first: Sketch, second: Sketch) -> float:
    """Correlation of the grooves of two sketches on one beat."""
    grooves = [
        wishes_of_music(to_frames(s.partials, s.drum_onsets))[:, GROOVE] for s in (first, second)
    ]
    return float(np.corrcoef(grooves[0].ravel(), grooves[1].ravel())[0, 1])


if __name__ == "__main__":
    main()
