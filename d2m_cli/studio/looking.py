"""Opens the networks of a project, and looks at its dance as `d2m generate` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m_cli.analysis.cache import AnalysisCache
from d2m_cli.data.sources.piece import is_motion
from d2m_cli.errors import BundleError
from d2m_cli.features.pose.doors import Door
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.open import open_maker
from d2m_cli.ingest.probe import probe
from d2m_cli.progress import Step
from d2m_cli.spec import Composing
from d2m_cli.studio import folders
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio.work import Show, Stages
from d2m_cli.types import Analysis


def open_own(bundle: str | None, device: str) -> D2MMaker:
    """The networks of a bundle. Raises `BundleError` for one whose music has no sketch."""
    maker = open_maker(bundle, device, composing=Composing.RULES)
    if not isinstance(maker, D2MMaker):
        raise BundleError(
            f"The bundle '{maker.bundle.name}' follows no beats, which the studio needs: "
            "take another one."
        )
    return maker


@dataclass(frozen=True)
class Look:
    """Which dance is looked at, and whom in it."""

    path: Path
    """A video, or motion alone."""
    start: float
    end: float | None
    """Seconds; None: with the video."""
    dancer: str | int
    pose: Door | str | None


def look(maker: D2MMaker, at: Look, show: Show, cancelled: Callable[[], bool]) -> Analysis:
    """The dance as an earlier run saw it, or as it is seen now.

    Raises `Cancelled`, and what `Dance2Music.analyze` does.
    """
    if is_motion(at.path):
        return Analysis(maker.read_motion(at.path, at.start, at.end))
    clip, options = probe(at.path, at.start, at.end), PoseOptions.of(at.pose, at.dancer)
    work = Stages({Step.ANALYZE: clip.seconds}, show, cancelled)
    work.check()
    cache = AnalysisCache()
    key = cache.key(clip, maker.bundle, options)
    known = cache.load(key)
    if known is not None:
        return Analysis(known[0], clip, known[1])
    dance, thumbnails = maker.analyze(clip, options, work)
    cache.store(key, dance, thumbnails)
    work.check()
    return Analysis(dance, clip, thumbnails)


def new_state(folder: Path, at: Look, bundle: str | None, fps: float | None) -> dict[str, Any]:
    """The state of a project in `folder` without takes (docs/formats.md)."""
    return {
        "format": folders.FORMAT,
        "video": folders.relative_to(folder, at.path),
        "start": at.start,
        "end": at.end,
        "fps": fps,
        "bundle": bundle,
        "settings": TakeSettings().record(),
        "kept": None,
        "next": 1,
        "takes": {},
    }
