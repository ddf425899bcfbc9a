"""`d2m doctor`: what this installation consists of, what works, and what more it could do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from d2m_cli.cli.options import JsonOption

PACKAGES = (
    "torch",
    "ai-edge-litert",
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
    "mediapipe": "--pose mediapipe (Python 3.11 and 3.12)",
    "opencv-contrib-python": "optical flow for the authors' released models (or -headless)",
    "ray": "d2m prepare --engine ray, over a cluster (install d2m[ray])",
}
"""Packages that d2m can do without, and what each enables."""

GPU = "CUDA or Apple GPU"
EMBEDDED = "embedded"
GOOD = "verified"
NOT_MADE = "not made yet"


POSTING = (
    "May I post it? As far as this project goes, yes: its code is MIT, its part of the embedded "
    "weights and of the music they make is CC0. They were trained on songs of our own and "
    "free game music (GPL, "
    "CC-BY-SA, CC-BY); whether that reaches the weights or the music is not settled in law. "
    "More: docs/licences.md."
)


def doctor(
    everything: bool = typer.Option(
        False, "--all", help="Also every package, bundle, download and licence."
    ),
    json: bool = JsonOption,
) -> None:
    """Say whether generate works here, and what is installed, present, verified and missing."""
    from d2m_cli.files import print_json

    record = examine()
    if json:
        print_json(record)
    else:
        from d2m_cli.cli.doctor_view import show_all, show_short

        (show_all if everything else show_short)(record)
    if not record["ready"]:
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """Everything that `d2m doctor` reports, as plain data."""
    import platform
    import shutil

    import d2m_cli
    from d2m_cli.bundles import registry
    from d2m_cli.bundles.places import home
    from d2m_cli.features.pose.doors import doors
    from d2m_cli.output.places import abandoned_scratch

    folder = registry.downloads_folder()
    versions = {
        "d2m": d2m_cli.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in (*PACKAGES, *OPTIONAL)},
    }
    devices, bundles = _devices(), _bundles()
    faults = _faults(bundles)
    return {
        "ready": not faults,
        "faults": faults,
        "versions": versions,
        "ffmpeg": _ffmpeg(),
        "pose": {door.value: door.version for door in doors()},
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
        "abandoned": [str(folder) for folder in abandoned_scratch()],
        "home": str(home()),
        "free_bytes": shutil.disk_usage(_existing(home())).free,
    }


def _faults(bundles: dict[str, str]) -> list[str]:
    """What keeps `d2m generate` from working here."""
    import subprocess
    import tempfile
    from importlib import import_module

    import numpy as np

    from d2m_cli.errors import D2MError
    from d2m_cli.features.pose.estimator import PoseEstimator
    from d2m_cli.media import ffmpeg_path
    from d2m_cli.spec import FRAME_RATE

    found = []
    try:
        import_module("d2m_cli.generation.pipeline")
    except (ImportError, OSError) as error:
        found.append(f"a library cannot be loaded ({error}): install d2m again")
    try:
        with PoseEstimator(FRAME_RATE) as pose:
            pose.add(np.zeros((64, 64, 3), np.uint8))
    except (D2MError, ImportError, OSError, RuntimeError) as error:
        found.append(f"a dancer cannot be looked for ({error})")
    try:
        subprocess.run([ffmpeg_path(), "-version"], capture_output=True, check=True)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        found.append(f"ffmpeg does not run ({error}): install imageio-ffmpeg again")
    if bundles[EMBEDDED] != GOOD:
        found.append(bundles[EMBEDDED])
    try:
        tempfile.TemporaryFile().close()
    except OSError as error:
        found.append(f"temporary files cannot be written ({error.strerror}): set TMPDIR")
    return found


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
