"""`styles.toml` of a bundle: how the pieces of each style are built, and how they sound."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m_cli.bundles import format1
from d2m_cli.bundles.contents import style_names
from d2m_cli.bundles.places import bundle_folder
from d2m_cli.bundles.score_rules import KEYS as SCORE_KEYS
from d2m_cli.bundles.score_rules import score_rules, score_table
from d2m_cli.errors import BundleError
from d2m_cli.sketch.rules import SCALES, StyleRules

FILE = "styles.toml"

_NUMBERS = ("drums", "chords", "melody", "overtone_rolloff", "decay_sixteenths")
_KEYS = {"sound", "tempo", "scales", *_NUMBERS}
_NO_LONGER_READ = {"balance"}
"""Of older files: a piece has the balance of its style vector."""
_OPTIONAL = {"source", *SCORE_KEYS, *_NO_LONGER_READ}


@dataclass(frozen=True)
class StyleEntry:
    """What a bundle says of one of its styles."""

    sound: str
    """A few words on how it sounds."""
    tempo: tuple[float, float]
    """Slowest and fastest beats per minute of most of its music (10th to 90th percentile)."""
    rules: StyleRules
    source: str = ""
    """Where such rules are written down."""


def read_styles(bundle: str | Path | None = None) -> dict[str, StyleEntry]:
    """Styles of a bundle by name, sorted (None: the embedded one); no network is loaded.

    Every style that has vectors must be described, with every rule. A bundle of format 1 has no
    such file: its styles get the rules that they had then (`format1`). Raises `BundleError` for a
    style that is not described or has no vectors, and for what `style_entry` refuses.
    """
    folder = bundle_folder(bundle)
    names = style_names(folder)
    path = folder / FILE
    if not path.exists():
        return _before_format_2(folder, names)
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"'{path}' is not valid TOML ({error}): get the bundle again.") from None
    for name in sorted(described.keys() ^ names):
        if name in names:
            raise BundleError(f"'{path}' does not describe the style '{name}': add its table.")
        raise BundleError(f"'{path}' describes '{name}', of which the bundle has no vectors.")
    return {name: style_entry(name, described[name], path) for name in names}


def _before_format_2(folder: Path, names: list[str]) -> dict[str, StyleEntry]:
    known = format1.styles()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BundleError(
            f"The bundle in '{folder}' has no {FILE}, so there are no rules for its style "
            f"'{unknown[0]}': add the file (docs/formats.md), or export the bundle again."
        )
    return {name: style_entry(name, known[name], folder / FILE) for name in names}


def styles_toml(styles: Mapping[str, StyleEntry]) -> str:
    """Text of a `styles.toml` that `read_styles` reads."""
    tables = []
    for name, entry in sorted(styles.items()):
        table = style_table(entry.sound, entry.tempo, entry.rules, entry.source)
        key = name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)
        groove = table.pop("groove", None)
        tables.append("\n".join([f"[{key}]", *_lines(table)]))
        if groove is not None:
            tables.append("\n".join([f"[{key}.groove]", *_lines(groove)]))
    return "\n\n".join(tables) + "\n"


def _lines(table: Mapping[str, Any]) -> list[str]:
    # Texts, numbers and lists of them are written alike in JSON and in TOML.
    return [f"{key} = {json.dumps(value)}" for key, value in table.items()]


def style_entry(name: str, table: Any, where: object) -> StyleEntry:
    """The entry that a table of `styles.toml` describes; `where` is the file, for the message.

    Raises `BundleError` for a rule that is missing, unknown or of the wrong kind.
    """

    def wrong(what: str) -> BundleError:
        return BundleError(f"'{where}', style '{name}': {what}.")

    def numbers(key: str, count: int) -> tuple[float, ...]:
        values = table[key] if count > 1 else [table[key]]
        kinds = {type(value) for value in values} if isinstance(values, list | tuple) else {None}
        if not kinds <= {int, float} or len(values) != count:
            raise wrong(f"'{key}' must be {'a number' if count == 1 else f'{count} numbers'}")
        return tuple(float(value) for value in values)

    if not isinstance(table, dict):
        raise wrong("its rules must stand in a table")
    for key in sorted(_KEYS ^ (table.keys() - _OPTIONAL)):
        raise wrong(f"the rule '{key}' is {'missing' if key in _KEYS else 'unknown'}")
    scales = table["scales"]
    if not isinstance(scales, list) or not scales or not set(map(str, scales)) <= SCALES.keys():
        raise wrong(f"'scales' must list some of {', '.join(SCALES)}")
    for key in ("sound", "source"):
        if not isinstance(table.get(key, ""), str):
            raise wrong(f"'{key}' must be a text")
    slow, fast = numbers("tempo", 2)
    if not 0 < slow <= fast:
        raise wrong("'tempo' must be the slowest and the fastest beats per minute")
    try:
        written = score_rules(table)
    except ValueError as error:
        raise wrong(str(error)) from None
    written |= {key: numbers(key, 1)[0] for key in _NUMBERS}
    rules = StyleRules(
        tuple(SCALES[scale] for scale in scales),
        **written,
    )
    return StyleEntry(table["sound"], (slow, fast), rules, table.get("source", ""))


def usual_table(sound: str, slow: float, fast: float) -> dict[str, Any]:
    """The table of a style without rules of its own."""
    return style_table(sound, (float(slow), float(fast)), StyleRules())


def style_table(
    sound: str, tempo: tuple[float, float], rules: StyleRules, source: str = ""
) -> dict[str, Any]:
    """The table of `styles.toml` that `style_entry` reads."""
    names: dict[tuple[int, ...], str] = {steps: scale for scale, steps in SCALES.items()}
    return {
        "sound": sound,
        **({"source": source} if source else {}),
        "tempo": list(tempo),
        "scales": [names[steps] for steps in rules.scales],
        **{key: getattr(rules, key) for key in _NUMBERS},
        **score_table(rules),
    }
