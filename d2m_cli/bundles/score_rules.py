"""The keys of `styles.toml` that a style may leave out: meter, feel and patterns of its scores."""

from collections.abc import Mapping
from typing import Any

from d2m_cli.sketch.notes import STROKES
from d2m_cli.sketch.rules import FILLS, StyleRules
from d2m_cli.spec import METERS, SIXTEENTHS_PER_BEAT

PATTERNS = ("bass_lines", "chord_strokes", "melodies")
KEYS = ("meter", "swing", "looseness", "groove", "fills", *PATTERNS, "progressions", "voicings")
SIGNS = {"bass_lines": ".-13578b", "chord_strokes": ".-Xxo13578", "melodies": ".-Xxo"}
STROKE_SIGNS = ".-Xxo"
STEPS = range(-7, 15)
"""Steps of the scale that chords may stand on and have."""

USUAL = StyleRules()


def score_rules(table: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `StyleRules` that a table gives.

    Raises `ValueError` that says what is wrong with it.
    """
    found = {key: table[key] for key in KEYS if key in table}
    meter = found.get("meter", USUAL.meter)
    if meter not in METERS or isinstance(meter, bool):
        raise ValueError(f"'meter' must be one of {', '.join(map(str, METERS))}")
    for key, low, high in (("swing", 0.5, 0.75), ("looseness", 0.0, 0.25)):
        value = found.get(key, low)
        if type(value) not in (int, float) or not low <= value <= high:
            raise ValueError(f"'{key}' must be a number from {low:g} to {high:g}")
    if meter != USUAL.meter and not {"groove", *PATTERNS} <= found.keys():
        needed = ", ".join(("groove", *PATTERNS))
        raise ValueError(f"a meter of {meter} needs patterns of its own: {needed}")
    bar = meter * SIXTEENTHS_PER_BEAT
    for key in PATTERNS:
        if key in found:
            found[key] = _patterns(key, found[key], SIGNS[key], bar)
    if "groove" in found:
        found["groove"] = _groove(found["groove"], bar)
    if "fills" in found:
        if not _texts(found["fills"]) or not set(found["fills"]) <= FILLS.keys():
            raise ValueError(f"'fills' must list some of {', '.join(FILLS)}")
        found["fills"] = tuple(found["fills"])
    for key in ("progressions", "voicings"):
        if key in found:
            found[key] = _steps(key, found[key])
    return found


def score_table(rules: StyleRules) -> dict[str, Any]:
    """The keys whose rules are not the usual ones, as they stand in `styles.toml`."""
    table = {}
    for key in KEYS:
        value = getattr(rules, key)
        if value == getattr(USUAL, key):
            continue
        if key == "groove":
            value = {stroke: list(patterns) for stroke, patterns in value.items()}
        elif isinstance(value, tuple):
            value = [list(one) if isinstance(one, tuple) else one for one in value]
        table[key] = value
    return table


def _groove(groove: Any, bar: int) -> dict[str, tuple[str, ...]]:
    if not isinstance(groove, dict) or not groove.keys() <= STROKES.keys():
        raise ValueError(f"'groove' must give patterns of some of {', '.join(STROKES)}")
    return {
        stroke: _patterns(f"groove.{stroke}", patterns, STROKE_SIGNS, bar)
        for stroke, patterns in groove.items()
    }


def _patterns(key: str, patterns: Any, allowed: str, bar: int) -> tuple[str, ...]:
    if not _texts(patterns):
        raise ValueError(f"'{key}' must list patterns")
    for pattern in patterns:
        if not pattern or len(pattern) % bar or not set(pattern) <= set(allowed):
            raise ValueError(
                f"'{pattern}' of '{key}' must have {bar} signs a bar, each one of {allowed}"
            )
        if key == "melodies" and len(pattern) != bar:
            raise ValueError(f"'{pattern}' of '{key}' must have {bar} signs: one bar")
    return tuple(patterns)


def _texts(values: Any) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(v, str) for v in values)


def _steps(key: str, rows: Any) -> tuple[tuple[int, ...], ...]:
    good = isinstance(rows, list) and rows and all(isinstance(row, list) and row for row in rows)
    if not good or not all(type(step) is int and step in STEPS for row in rows for step in row):
        raise ValueError(f"'{key}' must list lists of steps of the scale")
    return tuple(tuple(row) for row in rows)
