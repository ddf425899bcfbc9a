"""`d2m doctor`: what this installation consists of, what works, and what more it could do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from d2m_cli.cli.options import JsonOption

PACKAGES = (
    "torch",
    "mediapipe",
    "opencv-contrib-python",
    "numpy",
    "av",
    "imageio-ffmpeg",
    "moviepy",
    "librosa",
    "noisereduce",
    "safetensors",
)
OPTIONAL = {
    "lightning": "d2m train (install d2m[train])",
    "tensorboard": "curves of a training run (install d2m[train])",
    "ray": "d2m prepare --engine ray, over a cluster (install d2m[ray])",
}
"""Packages that d2m can do without, and what each enables."""

GPU = "CUDA or Apple GPU"
EMBEDDED = "embedded"
GOOD = "verified"
NOT_MADE = "not made yet"


def doctor(json: bool = JsonOption) -> None:
    """Show versions, ffmpeg, devices, bundles, weights, licences and free space."""
    from d2m_cli.files import print_json

    record = examine()
    if json:
        print_json(record)
    else:
        _show(record)
    if record["bundles"][EMBEDDED] != GOOD:
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """Everything that `d2m doctor` reports, as plain data."""
    import platform
    import shutil

    import d2m_cli
    from d2m_cli.bundles import registry
    from d2m_cli.bundles.places import home

    folder = registry.downloads_folder()
    versions = {
        "d2m": d2m_cli.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in (*PACKAGES, *OPTIONAL)},
    }
    devices, bundles = _devices(), _bundles()
    return {
        "versions": versions,
        "ffmpeg": _ffmpeg(),
        "devices": devices,
        "bundles": bundles,
        "weights": {
            entry.name: {
                "state": registry.state(entry, folder, verify=True).value,
                "enables": entry.enables,
                "licence": entry.licence.name,
                "accepted": registry.is_accepted(entry.licence),
            }
            for entry in registry.registry().values()
        },
        "missing": _missing(versions, devices, bundles),
        "home": str(home()),
        "free_bytes": shutil.disk_usage(_existing(home())).free,
    }


def _missing(
    versions: dict[str, str | None], devices: dict[str, str], bundles: dict[str, str]
) -> dict[str, str]:
    """Packages, devices and bundles that are not there, and what each would enable."""
    from d2m_cli.bundles.convert import RECIPES

    missing = {name: enables for name, enables in OPTIONAL.items() if versions[name] is None}
    if len(devices) == 1:
        missing[GPU] = "training at full width, and faster music"
    unmade = {n: recipe.enables for n, recipe in RECIPES.items() if bundles[n] == NOT_MADE}
    return missing | unmade


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _version(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _ffmpeg() -> dict[str, str]:
    import subprocess

    from d2m_cli.media import ffmpeg_path

    path = ffmpeg_path()
    told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    return {"path": path, "version": told.stdout.partition(" Copyright")[0]}


def _devices() -> dict[str, str]:
    import torch

    devices = {"cpu": f"{torch.get_num_threads()} threads"}
    for index in range(torch.cuda.device_count()):
        devices[f"cuda:{index}"] = torch.cuda.get_device_name(index)
    if torch.backends.mps.is_available():
        devices["mps"] = "Apple GPU"
    return devices


def _bundles() -> dict[str, str]:
    """State of the embedded bundle, of those in d2m's folder, and of those that can be made."""
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.bundles.places import CONVERTED, home
    from d2m_cli.errors import BundleError

    states = {}
    for name in [EMBEDDED, *sorted(path.name for path in home().glob("bundles/[!.]*"))]:
        try:
            load_bundle(name)
            states[name] = GOOD
        except BundleError as error:
            states[name] = str(error)
    return states | {name: NOT_MADE for name in CONVERTED if name not in states}


def _show(record: dict[str, Any]) -> None:
    from rich.console import Console

    from d2m_cli.bundles.registry import State, registry
    from d2m_cli.cli.weights_table import licence_lines, weights_table

    console = Console(highlight=False)
    missing = record["missing"]
    for title in ("versions", "ffmpeg", "devices", "bundles"):
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
    console.print(f"{record['free_bytes'] / 1e9:.1f} GB free for {record['home']}", soft_wrap=True)
