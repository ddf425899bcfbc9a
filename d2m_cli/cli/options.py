"""Options that several commands share."""

import typer

DeviceOption = typer.Option("auto", help="auto, cpu, cuda or mps.")
JsonOption = typer.Option(False, "--json", help="Print the result as JSON.")
