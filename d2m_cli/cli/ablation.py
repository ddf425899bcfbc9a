"""`d2m train ablation`: the paper's tables 3 to 6 in small, beside the paper's figures."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption
from d2m_cli.spec import Level


def ablation(
    tables: list[str] = typer.Argument(..., help="table3, table4, table5, table6."),
    level: Level = typer.Option(Level.HIGH, help="high or low."),
    folder: Path = typer.Option(
        ..., "-o", "--folder", metavar="FOLDER", help="Runs and their scores."
    ),
    recipes: Path | None = typer.Option(
        None,
        metavar="FOLDER",
        help="A base recipe and one short recipe for each row; else the package's.",
    ),
    seeds: int = typer.Option(3, min=1, help="Runs of each row."),
    steps: int | None = typer.Option(None, min=1, help="Short for --set loop.steps=N."),
    changes: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="Setting of the base recipe; repeatable."
    ),
    max_minutes: float = typer.Option(
        float("inf"), help="Time limit of each run.", show_default="none"
    ),
    split: str = typer.Option("test", help="Dances that are performed."),
    segments: int = typer.Option(86, min=1, help="How many of them."),
    device: str = DeviceOption,
    as_json: bool = typer.Option(False, "--json", help="Print the records as JSON."),
) -> None:
    """Train every row of the paper's tables with several seeds, and compare.

    Runs that are there already are not repeated: the same command goes on where it was stopped.

    Example: d2m train ablation table4 table5 --level high -o runs/ablation --steps 500
    """
    from rich.console import Console

    from d2m_cli.cli.train_display import require_lightning, training_display

    require_lightning()
    from d2m_cli.evaluation.ablation import TABLES, AblationPlan, run_rows, table_rows
    from d2m_cli.files import print_json
    from d2m_cli.report.ablation import ablation_record, ablation_tables
    from d2m_cli.report.table_data import rich_table
    from d2m_cli.training.run.launch import ComputeSettings, make_fabric
    from d2m_cli.training.run.recipes import ABLATIONS

    overrides = [*changes, *([f"loop.steps={steps}"] if steps else [])]
    plan = AblationPlan(seeds, max_minutes, split, segments)
    chosen = {table: table_rows(table, level, recipes or ABLATIONS, overrides) for table in tables}
    fabric = make_fabric(ComputeSettings(device))
    records = []
    with training_display(Console(stderr=True), "ablation") as display:
        for table, rows in chosen.items():
            display.note(TABLES[table])
            figures = run_rows(rows, plan, folder / level.value, fabric, display)
            records.append(ablation_record(TABLES[table], level.value, figures))
    if as_json:
        print_json({"tables": records})
    else:
        for record in records:
            for data in ablation_tables(record):
                Console().print(rich_table(data))
