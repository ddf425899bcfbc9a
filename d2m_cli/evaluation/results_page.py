"""The scores of a bundle as a page, and its six main figures for the model card.

Convention: `scores` of `bundle.json` hold one table a key: `command`, which measured it; objects,
which are its columns; and single figures, which hold for the whole table.
"""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from d2m_cli.errors import DataError
from d2m_cli.files import write_text

PAGE, CARD = "results.md", "model-card.md"
BEGIN, END = "<!-- figures: written by d2m measure results -->", "<!-- end of figures -->"

TITLES = {
    "codec": "Codec: true codes of unseen music",
    "generator": "Generator: last validation of the training",
    "alignment": "Does the music follow the dance?",
    "sound": "How does the music sound?",
    "yardstick": "Frechet distance from real music, beside sets of known quality",
    "inputs": "What each input of the generator is worth",
    "synthesizer": "Decoder fine-tuned on generated codes",
    "ablation": "The paper's tables 5 and 6, in small",
    "speed": "Speed",
}

UNITS = {
    "log_mel_l1": "log-mel distance (lower is better)",
    "log_mel_l1_quiet": "log-mel distance at a tenth of the level",
    "onset_f": "onset F (1 is best)",
    "si_sdr": "SI-SDR (dB)",
    "codes_used": "codes used of 2048",
    "lift": "lift (0 is chance)",
    "mismatched": "lift of music for other dances",
    "freeze_contrast": "freezes: how much quieter the music is (dB)",
    "accent_response": "accents that meet a strong onset, less chance",
    "busyness": "busyness: correlation with the dance's energy",
    "loudness": "loudness: the same",
    "real_sketches": "real music's sketches through the generator",
    "nats": "nats per code, all inputs",
    "features_to_waveform": "features to waveform, of the music's length",
    "ten_seconds_1080p": "ten seconds of 1080p, seconds",
}

FIGURES = (
    ("Lift: does the music follow this dance? (0 is chance)", "alignment", "lift"),
    ("Lift of the music made for other dances", "alignment", "mismatched"),
    ("Distance from real music (0 is best)", "yardstick", "d2m"),
    ("Distance of the codec's reconstruction (its lower bound)", "yardstick", "reconstruction"),
    ("Distance of real music's sketches through the generator", "yardstick", "real_sketches"),
    ("Codec: log-mel distance of unseen music (lower is better)", "codec", "log_mel_l1"),
)  # fmt: skip
"""Label, table and row of the figures of the card."""

LEVELS = ("low", "high")


def results_page(name: str, scores: Mapping[str, Any]) -> str:
    """The page (Markdown): a section for each table of `scores`.

    Raises `DataError` for scores that are no tables.
    """
    if not isinstance(scores, Mapping) or not all(isinstance(t, Mapping) for t in scores.values()):
        raise DataError(f"The scores of the bundle '{name}' are no tables: get the bundle again.")
    parts = [
        f"# Results of the bundle '{name}'",
        "This page is written by `d2m measure results -o docs` from `scores` in the bundle's "
        "`bundle.json`; do not change it by hand. [evaluation.md](evaluation.md) explains every "
        "measure.",
        *(_section(key, table) for key, table in scores.items()),
        "## Music that others do not have",
        "DANCES: eleven dances, the four painted ones of `examples/` and seven filmed ones of 4 to "
        "12 s, two of them of AIST++. CACHE and FREE_MUSIC: free game music "
        "(`weights/LICENSE.md`), prepared by `d2m prepare music`. With your own videos and music "
        "the same commands give your own figures.",
    ]
    return "\n\n".join(map(_wrapped, parts)) + "\n"


def card_figures(scores: Mapping[str, Any]) -> str:
    """The six figures of the card (Markdown table)."""
    lines = ["| figure | low | high |", "|---|---|---|"]
    for label, table, row in FIGURES:
        columns = [scores.get(table, {}).get(level) for level in LEVELS]
        shown = [_number(rows.get(row) if isinstance(rows, Mapping) else None) for rows in columns]
        lines.append(f"| {label} | {' | '.join(shown)} |")
    return "\n".join(lines)


def with_figures(card: str, scores: Mapping[str, Any]) -> str:
    """The card's text with its figures written anew. Raises `DataError` without their place."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(card):
        raise DataError(f"The model card has no line '{BEGIN}': put the two marks back.")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{card_figures(scores)}\n\n{END}", card)


def write_results(folder: Path, name: str, scores: Mapping[str, Any]) -> list[Path]:
    """Write the page, and the figures of the card where `folder` holds one; what was written.

    Raises `OutputError` when the folder refuses.
    """
    written = [folder / PAGE]
    write_text(folder / PAGE, results_page(name, scores))
    card = folder / CARD
    if card.exists():
        write_text(card, with_figures(card.read_text(encoding="utf-8"), scores))
        written.append(card)
    return written


def _section(key: str, table: Mapping[str, Any]) -> str:
    columns = {name: rows for name, rows in table.items() if isinstance(rows, Mapping)}
    names = dict.fromkeys(row for rows in columns.values() for row in rows)
    lines = [
        f"| | {' | '.join(name.replace('_', ' ') for name in columns)} |",
        "|---" * (1 + len(columns)) + "|",
    ]
    for row in names:
        figures = (_number(rows.get(row)) for rows in columns.values())
        lines.append(f"| {UNITS.get(row, row.replace('_', ' '))} | {' | '.join(figures)} |")
    single = [
        f"{name.replace('_', ' ')}: {_number(value)}."
        for name, value in table.items()
        if name not in (*columns, "command")
    ]
    measured = f"Measured by `{table['command']}`." if "command" in table else ""
    text = _wrapped(" ".join([*([measured] if measured else []), *single]))
    body = "\n".join(lines) if columns else ""
    title = TITLES.get(key, key.replace("_", " ").capitalize())
    return "\n\n".join(part for part in (f"## {title}", text, body) if part)


def _wrapped(text: str) -> str:
    """A paragraph in lines of at most 98 characters; sections and headings stay as they are."""
    if text.startswith("#"):
        return text
    return textwrap.fill(text, 98, break_long_words=False, break_on_hyphens=False)


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
