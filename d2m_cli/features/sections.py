"""Sections of a dance: whole phrases that move alike, by self-similarity (after Foote, 2000).

A phrase is two bars, the eight counts of a dancer; sections begin and end with phrases. Each beat
is described by where the limbs are and how fast they move, a phrase by the mean of its beats; two
phrases are alike where these means lie no further apart than beats do within a phrase.

Letters: `T` steps of the motion, `N` beats, `P` phrases, `D` numbers that describe a beat.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.motion import JOINTS, joint_positions
from d2m_cli.timeline import extrapolate
from d2m_cli.types import DanceSection, Motion, Rhythm

PHRASE_BARS = 2
ALIKE = 0.8
"""Distance of two phrases below which they belong to sections of one letter."""
LETTERS = "ABCD"
FEWEST_PHRASES = 2
SHORTEST_PHRASE = 0.5
"""Share of a phrase at the clip's ends that is a phrase; a shorter rest joins its neighbour."""
SPEED_FLOOR = 0.1
"""Torso lengths a second, added to a speed before its logarithm: tremble is no movement."""
PLACE_SPREAD, SPEED_SPREAD = 0.12, 0.3
"""Least standard deviation of a place (torso lengths) and of a logarithm of a speed."""

Array = NDArray[np.float64]

_NAMES = tuple(JOINTS)
_LIMBS = tuple(
    tuple(_NAMES.index(f"{side}_{part}") for part in parts)
    for parts in (("elbow", "wrist"), ("knee", "ankle"))
    for side in ("left", "right")
)
_ENDS = tuple(
    _NAMES.index(f"{side}_{part}") for part in ("wrist", "ankle") for side in ("left", "right")
)


def dance_sections(motion: Motion, rhythm: Rhythm) -> tuple[DanceSection, ...]:
    """Sections of a dance, without a gap; none where it is one and the same, or too short."""
    beats, described = beat_descriptions(motion, rhythm)
    phrase = PHRASE_BARS * rhythm.meter
    if len(beats) < FEWEST_PHRASES * phrase * (1 + SHORTEST_PHRASE) / 2:
        return ()
    cuts = max(
        (_cuts(beats, shift, phrase) for shift in range(0, phrase, rhythm.meter)),
        key=lambda edges: _contrast(described, edges),
    )
    letters = label_phrases(described, cuts)
    if len(set(letters)) < 2:
        return ()
    seconds = len(motion.found) / motion.rate
    changes = [n for n in range(1, len(letters)) if letters[n] != letters[n - 1]]
    places = np.array([beats[cuts[n]] for n in changes], np.float64)
    times = [0.0, *_times(rhythm, places).clip(0.0, seconds).tolist(), seconds]
    names = [letters[n] for n in (0, *changes)]
    return tuple(map(DanceSection, times[:-1], times[1:], names))


def beat_descriptions(motion: Motion, rhythm: Rhythm) -> tuple[NDArray[np.int64], Array]:
    """Whole beats `(N,)` by number, and what the dancer does in each, `(N, D)`.

    Where wrists and ankles are beside the hips, where the hips are in the picture, how wide the
    shoulders are (which way the dancer faces): torso lengths; logarithms of the speed of each limb
    and of the hips, to the side and up.
    """
    places = joint_positions(motion).astype(np.float64)
    hips = places[:, [_NAMES.index("left_hip"), _NAMES.index("right_hip")]].mean(axis=1)
    beside = places - hips[:, None]
    wide = (
        beside[:, _NAMES.index("left_shoulder"), 0] - beside[:, _NAMES.index("right_shoulder"), 0]
    )
    where = np.concatenate([beside[:, _ENDS].reshape(len(hips), -1), hips, wide[:, None]], axis=1)
    paths = [beside[:, limb] for limb in _LIMBS] + [hips[:, None]]
    moved = [np.abs(np.gradient(path, axis=0)).mean(axis=1) * motion.rate for path in paths]
    speeds = np.log(SPEED_FLOOR + np.concatenate(moved, axis=1))
    scaled = np.concatenate([where / PLACE_SPREAD, speeds / SPEED_SPREAD], axis=1)
    number = np.floor(
        np.interp(
            np.arange(len(scaled)) / motion.rate,
            np.arange(len(rhythm.phase)) / rhythm.rate,
            rhythm.phase,
        )
    ).astype(np.int64)
    beats = np.unique(number)
    return beats, np.stack([scaled[number == beat].mean(axis=0) for beat in beats])


def label_phrases(described: Array, cuts: list[int]) -> list[str]:
    """A letter for each phrase that begins at `cuts` `(P,)` of beats `(N, D)`: alike, the same."""
    phrases = np.split(described, cuts[1:])
    spread = np.sqrt(1.0 + np.mean([phrase.var(axis=0) for phrase in phrases], axis=0))
    groups: list[list[Array]] = []
    letters = []
    for phrase in phrases:
        mean = phrase.mean(axis=0)
        apart = [
            float(np.sqrt(np.mean(((mean - np.mean(group, axis=0)) / spread) ** 2)))
            for group in groups
        ]
        nearest = int(np.argmin(apart)) if apart else 0
        if not apart or (apart[nearest] > ALIKE and len(groups) < len(LETTERS)):
            groups.append([mean])
            nearest = len(groups) - 1
        else:
            groups[nearest].append(mean)
        letters.append(LETTERS[nearest])
    return letters


def _cuts(beats: NDArray[np.int64], shift: int, phrase: int) -> list[int]:
    """Places in `beats` at which phrases begin, one of them at beat `shift`."""
    begins = [0, *(n for n in range(1, len(beats)) if (beats[n] - shift) % phrase == 0)]
    least = SHORTEST_PHRASE * phrase
    if len(begins) > 1 and begins[1] < least:
        del begins[1]
    if len(begins) > 1 and len(beats) - begins[-1] < least:
        del begins[-1]
    return begins


def _contrast(described: Array, cuts: list[int]) -> float:
    """How much more phrases differ than the beats within them."""
    phrases = np.split(described, cuts[1:])
    within = sum(float(((p - p.mean(axis=0)) ** 2).sum()) for p in phrases)
    whole = float(((described - described.mean(axis=0)) ** 2).sum())
    return (whole - within) / max(len(cuts), 1)


def _times(rhythm: Rhythm, beats: Array) -> Array:
    """Seconds at which the rhythm reaches `beats`."""
    phase = rhythm.phase.astype(np.float64)
    ends = phase[1] - phase[0], phase[-1] - phase[-2]
    return extrapolate(beats, phase, np.arange(len(phase)), *ends) / rhythm.rate
