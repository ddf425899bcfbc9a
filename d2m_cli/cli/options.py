"""Options that several commands share."""

import math

import typer

DeviceOption = typer.Option("auto", help="auto, cpu, cuda or mps.")
JsonOption = typer.Option(False, "--json", help="Print the result as JSON.")


def finite(value: float | None) -> float | None:
    """Option callback: refuse what is no number (nan) or has no end (inf)."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number.")
    return value
