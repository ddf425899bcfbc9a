"""Where weights live: the bundle embedded in the project, and the user's own folder."""

import os
from pathlib import Path

import platformdirs

import d2m_cli
from d2m_cli.caches import name_spare_places

CONVERTED = ("jukebox", "i3d", "vggish", "aist-official", "tiktok-official")
"""Bundles that `d2m convert-weights` makes of published checkpoints."""


def home() -> Path:
    """Folder for downloaded and converted weights: `$D2M_HOME`, else the platform's cache."""
    name_spare_places()
    chosen = os.environ.get("D2M_HOME")
    return Path(chosen) if chosen else platformdirs.user_cache_path("d2m")


def embedded_folder() -> Path:
    """The bundle that comes with the project: inside an installed package, or in a checkout."""
    package = Path(d2m_cli.__file__).resolve().parent
    installed = package / "embedded"
    return installed if installed.is_dir() else package.parent / "weights"


def bundle_folder(name_or_folder: str | Path | None) -> Path:
    """Folder meant by a bundle's name or path; None means the embedded bundle.

    The folder need not exist: `bundles.bundle.load_bundle` says what is wrong with it.
    """
    if name_or_folder is None or str(name_or_folder) == "embedded":
        return embedded_folder()
    given = Path(name_or_folder)
    return given if given.is_dir() else home() / "bundles" / given
