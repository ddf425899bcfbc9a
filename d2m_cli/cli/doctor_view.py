"""What `d2m doctor` shows of its record: a verdict and a few lines, or all."""

from typing import Any

from rich.console import Console

from d2m_cli.bundles.registry import State, registry
from d2m_cli.cli.doctor import GOOD, GPU, POSTING
from d2m_cli.cli.weights_table import licence_lines, weights_table


def _abandoned(record: dict[str, Any]) -> list[str]:
    """A line for temporary folders that killed commands left."""
    folders = record["abandoned"]
    return [f"left by killed commands, may be removed: {' '.join(folders)}"] if folders else []


def _pose(doors: dict[str, str]) -> str:
    """The doors that are there; the first is the default."""
    told = [f"{door} {version}" for door, version in doors.items()]
    return ", or ".join([f"{told[0]} (default)", *told[1:]]) if told else "none"


def show_short(record: dict[str, Any]) -> None:
    """The verdict, and what people need to know: at most 20 lines of usual length."""
    console = Console(highlight=False)
    _show_verdict(console, record)
    versions, missing = record["versions"], record["missing"]
    lines = [
        f"d2m {versions['d2m']}, Python {versions['python']}, torch {versions['torch']}",
        f"{record['ffmpeg']['version']} ({record['ffmpeg']['path']})",
        f"pose: {_pose(record['pose'])}",
        f"devices: {', '.join(f'{name} ({facts})' for name, facts in record['devices'].items())}",
        *(f"bundle {name}: {state}" for name, state in record["bundles"].items() if state == GOOD),
        f"{record['free_bytes'] / 1e9:.1f} GB free for {record['home']}",
    ]
    optional = {name: enables for name, enables in missing.items() if name in (GPU, *versions)}
    lines += _abandoned(record)
    lines += [f"without {name}: no {enables}" for name, enables in optional.items()]
    for line in (*lines, POSTING, "d2m doctor --all shows packages, bundles and licences."):
        console.print(line, markup=False, soft_wrap=True)


def show_all(record: dict[str, Any]) -> None:
    """All that is known."""
    console = Console(highlight=False)
    _show_verdict(console, record)
    missing = record["missing"]
    for title in ("versions", "ffmpeg", "pose", "devices", "bundles"):
        console.print(f"[bold]{title}[/bold]")
        facts = dict(record[title])
        if title == "devices" and GPU in missing:
            facts[GPU] = "none"
        for name, value in facts.items():
            line = f"  {name}: {value or 'not installed'}"
            line += f"; enables {missing[name]}" if name in missing else ""
            console.print(line, markup=False, soft_wrap=True)
    entries = list(registry().values())
    states = {name: State(facts["state"]) for name, facts in record["weights"].items()}
    console.print(weights_table(entries, states, "enables"))
    for line in licence_lines(entries):
        console.print(line, soft_wrap=True)
    for line in _abandoned(record):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{record['free_bytes'] / 1e9:.1f} GB free for {record['home']}", soft_wrap=True)


def _show_verdict(console: Console, record: dict[str, Any]) -> None:
    if record["ready"]:
        console.print("ready: generate works here", style="green")
    for fault in record["faults"]:
        console.print(f"not ready: {fault}", style="red", markup=False, soft_wrap=True)
