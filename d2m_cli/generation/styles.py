"""The style of the music: taken from a piece of music, named, or picked for a dance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from d2m_cli.bundles.styles import StyleEntry
from d2m_cli.errors import BundleError, DataError
from d2m_cli.features.style import octave_balance, style_vector
from d2m_cli.ingest.sound import load_sound
from d2m_cli.sketch.pitches import octave_edges
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import BEATS_PER_BAR, SAMPLE_RATE
from d2m_cli.types import FloatArray

MIN_DRUM_LEVEL_FOR_DEFAULT_STYLE = 0.5
"""Strength of the drums from which on a style is picked for a dance unasked."""


HEARD_SECONDS = 60.0
"""Of a piece of music whose rules are measured."""
PACES = 0.4, 2.0
"""Mean speed of the joints of a calm and of a fast dance, torso lengths a second."""
NEIGHBOURS = 1.5
"""How many ranks of `drive` a style may lie from the one that fits a dance's pace."""


@dataclass(frozen=True)
class Style:
    """What the music is to sound like."""

    name: str
    """One that the bundle knows, or the name of the file that the style was taken from."""
    vector: FloatArray = field(repr=False)
    """`(C_s,)`, see `features.style`."""
    rules: StyleRules = field(default_factory=StyleRules, repr=False)
    """How its pieces are built."""
    why: str = ""
    """What it was picked by, for a dance whose user asked for none."""


def style_from_audio(
    path: Path, styles: Mapping[str, StyleEntry], vectors: Mapping[str, FloatArray]
) -> Style:
    """The sound of a piece of music, with the scale, drums, groove and swing of its middle.

    All other rules are those of the most alike of the `styles`, which have exemplars `vectors`
    `(n, C_s)` each; a piece without a beat has the usual ones. Raises `InputError` when the file
    cannot be read, is silent or shorter than half a second.
    """
    from d2m_cli.generation.measured_rules import hear, measured_entry

    samples = load_sound(path, SAMPLE_RATE)
    vector = style_vector(samples)
    try:
        heard = hear(middle(samples))
    except DataError:
        return as_it_sounds(path.name, vector, StyleRules())
    entry, _ = measured_entry(path.name, [heard], vector[np.newaxis], styles, vectors)
    return as_it_sounds(path.name, vector, entry.rules)


def middle(samples: FloatArray) -> FloatArray:
    """The part of a piece `(N,)` at `SAMPLE_RATE` that is heard for its rules."""
    spare = max(0, len(samples) - int(HEARD_SECONDS * SAMPLE_RATE)) // 2
    return samples[spare : len(samples) - spare]


def named_style(
    styles: Mapping[str, StyleEntry], vectors: Mapping[str, FloatArray], name: str, seed: int
) -> Style:
    """A style of the bundle by name; the seed picks one of its exemplars `(n, C_s)`.

    Raises `BundleError` for an unknown name.
    """
    name = known_name(name, styles)
    rows = vectors[name]
    draw = np.random.default_rng((seed, 0))
    return as_it_sounds(name, rows[draw.integers(len(rows))], styles[name].rules)


def as_it_sounds(name: str, vector: FloatArray, rules: StyleRules) -> Style:
    """A style whose pieces have the balance of the music that `vector` `(C_s,)` was taken from."""
    low, *rest = octave_balance(vector, octave_edges()).tolist()
    return Style(name, vector, replace(rules, balance=(low, *rest)))


def style_for_dance(
    styles: Mapping[str, StyleEntry],
    tempo: float,
    meter: int = BEATS_PER_BAR,
    pace: float | None = None,
) -> str:
    """Name of a style with drums whose music has the dance's meter and tempo (beats per minute).

    Of several, those that drive as much as the dance moves fast: `pace` is the mean speed of its
    joints, torso lengths a second. Dances of unlike tempo get unlike music, and the same dance the
    same again. Where no style has both, any with drums and the meter will do, or else any with
    drums; without any drums, any.
    """
    driving = [
        name
        for name, entry in sorted(styles.items())
        if entry.rules.drums >= MIN_DRUM_LEVEL_FOR_DEFAULT_STYLE
    ]
    metric = [name for name in driving if styles[name].rules.meter == meter] or driving
    fit = [name for name in metric if styles[name].tempo[0] <= tempo <= styles[name].tempo[1]]
    found = fit or metric or sorted(styles)
    if pace is not None:
        ranked = sorted(found, key=lambda name: drive(styles[name].rules))
        slow, fast = PACES
        place = float(np.clip((pace - slow) / (fast - slow), 0, 1)) * (len(ranked) - 1)
        found = [name for rank, name in enumerate(ranked) if abs(rank - place) <= NEIGHBOURS]
    return str(np.random.default_rng(round(tempo)).choice(found))


def drive(rules: StyleRules) -> float:
    """How much a style pushes: strokes of all drums in a sixteenth, by their strength."""
    strokes = [
        sum(sign in "xXo" for sign in patterns[0]) / len(patterns[0])
        for patterns in rules.groove.values()
    ]
    return rules.drums * sum(strokes)


def why_for_dance(tempo: float, meter: int, pace: float) -> str:
    """What a style was picked by, in words."""
    slow, fast = PACES
    edges = slow + (fast - slow) / 3, slow + 2 * (fast - slow) / 3
    words = "calm" if pace < edges[0] else "lively" if pace < edges[1] else "fast"
    return f"{tempo:.0f} bpm in {meter}, {words} ({pace:.1f} torso lengths a second)"


def known_name(name: str, known: Mapping[str, object]) -> str:
    """The name as the bundle spells it. Raises `BundleError` that names the nearest ones."""
    spelled = {style.casefold(): style for style in known}
    found = spelled.get(name.casefold())
    if found is not None:
        return found
    near = get_close_matches(name.casefold(), spelled, n=2)
    meant = f"Did you mean {' or '.join(spelled[style] for style in near)}? " if near else ""
    raise BundleError(f"Unknown style '{name}'. {meant}Choose one of {', '.join(sorted(known))}.")
