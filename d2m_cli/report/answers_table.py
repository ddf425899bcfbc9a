"""How the systems of an evaluation answer what happens in the dances, as a table."""

from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.report.console import number
from d2m_cli.report.table_data import TableData

COLUMNS = {
    "freeze_contrast": "Freeze dB",
    "accent_response": "Accents",
    "busyness": "Busy",
    "loudness": "Loud",
}


def answers_table(record: EvaluationRecord) -> TableData:
    """Freezes, accents and energy of the dance: what the music makes of them."""
    rows = []
    for system in record["systems"]:
        own, other = system["alignment"]["answers"], system["alignment"]["answers_mismatched"]
        cells = [
            f"{number(own[key], 2)} ({number(other[key], 2)})"  # type: ignore[literal-required]
            for key in COLUMNS
        ]
        rows.append([system["name"], *cells])
    return TableData(
        "Does the music answer what happens in the dance?",
        ["System", *COLUMNS.values()],
        rows,
        "In brackets: music made for other dances. Freeze: how much quieter the music is where the "
        "dancer stands still. Accents: share of sudden stops, starts and landings that meet a "
        "strong onset, less chance. Busy, loud: correlation of onsets and level with the dance's "
        "energy, less chance.",
    )
