"""What the page works with: one open project, the line of work for it, and files that come in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from d2m_cli.errors import InputError, OutputError
from d2m_cli.studio.settings import TakeSettings, rhythm_for
from d2m_cli.studio.studio import Studio
from d2m_cli.studio.takes import Take
from d2m_cli.studio.work import Show
from d2m_cli.studio_page import preview
from d2m_cli.studio_page.line import Line
from d2m_cli.studio_page.pictures import film_strip
from d2m_cli.studio_page.state import KINDS, grid_view, take_name, whole_state
from d2m_cli.types import Clip

EXPORTS = "exports"
"""Folder of a project for what leaves it."""


class Desk:
    """One open project. Every method may be called from any thread."""

    def __init__(self, folder: Path | None, changed: Callable[[], None]) -> None:
        """`folder` is for new projects (None: beside each video); `changed` is called on news."""
        self.folder, self._changed = folder, changed
        self._studio: Studio | None = None
        self._clip: Clip | None = None
        self._film: bytes | None = None
        self._filming = Lock()
        self.revision = 0
        """Counts what changed but for the progress of work."""
        self.line = Line(changed)

    @property
    def studio(self) -> Studio:
        """The open project. Raises `InputError` while there is none."""
        if self._studio is None:
            raise InputError("No dance is open yet: choose a video first.")
        return self._studio

    def news(self, known: int) -> dict[str, Any]:
        """The work in line; and the whole state where it is not that of revision `known`."""
        revision = self.revision  # read before the state, which may be newer, but never older
        jobs: dict[str, Any] = {"revision": revision, "jobs": self.line.records()}
        if known == revision:
            return jobs
        if self._studio is None or self._clip is None:
            return {**jobs, "project": None}
        return {**jobs, **whole_state(self._studio, self._clip)}

    def open(self, path: Path) -> None:
        """Open a project, or make one of a video; a first take follows where there is none."""
        self.line.add(path.name, partial(self._open, path))

    def _open(self, path: Path, show: Show, cancelled: Callable[[], bool]) -> None:
        if self._studio is not None:
            raise InputError("A dance is open already: start d2m studio once more for another one.")
        place = project_of(path, self.folder)
        if place.exists():
            studio = Studio.open(place)
        else:
            studio = Studio.create(path, place, progress=show, cancelled=cancelled)
        try:
            clip = _clip(studio)
            preview.prepare(clip, studio.folder, cancelled)
            assert studio.dance and studio.maker  # read once, here where nobody waits
        except BaseException:
            studio.close()
            raise
        self._clip, self._studio = clip, studio
        self._tell()
        if not studio.takes:
            self.add_take(studio.settings)

    def add_take(self, settings: TakeSettings, base: str | None = None) -> None:
        """Put a new take in line; `base` is the take whose locked stretches it keeps."""
        self.change_settings(settings)

        def run(show: Show, cancelled: Callable[[], bool]) -> None:
            self.studio.add_take(settings, base=base, progress=show, cancelled=cancelled)
            self._tell()

        self.line.add(f"New take, {settings.style or 'style by tempo'}", run)

    def redo(self, take_id: str, start: float, end: float, seed: int | None = None) -> None:
        """Put a take in line that is `take_id` but for one stretch (seconds)."""
        take = self.studio.take(take_id)

        def run(show: Show, cancelled: Callable[[], bool]) -> None:
            self.studio.redo(take.id, start, end, seed=seed, progress=show, cancelled=cancelled)
            self._tell()

        self.line.add(f"Part of {self.call(take)} anew", run)

    def call(self, take: Take) -> str:
        """What people call a take."""
        return take_name(self.studio, take)

    def change_settings(self, settings: TakeSettings) -> int:
        """Note what the next take is to be; gives the revision that has it."""
        if settings != self.studio.settings:
            self.studio.settings = settings
            self._tell()
        return self.revision

    def edit(self, word: str, *arguments: Any) -> None:
        """Call a method of the project that changes it at once: lock, unlock, undo, keep ..."""
        getattr(self.studio, word)(*arguments)
        self._tell()

    def grid(self, settings: TakeSettings) -> dict[str, Any]:
        """The beats that a take with `settings` would have."""
        return grid_view(rhythm_for(self.studio.analyzed, settings))

    def export(self, take_id: str, kind: str, mix: float = 0.0) -> Path:
        """Write a take as a file of that kind into the project's folder."""
        studio = self.studio
        if kind not in KINDS:
            raise InputError(f"Unknown kind '{kind}': choose one of {', '.join(KINDS)}.")
        take = studio.take(take_id)
        out = studio.folder / EXPORTS / f"{studio.video.stem}-{take.id}{suffix_of(studio, kind)}"
        out.parent.mkdir(exist_ok=True)
        return studio.export(take.id, out, overwrite=True, mix=mix if kind == "video" else 0.0)

    def film(self) -> bytes:
        """The strip of pictures, made when it is first asked for."""
        with self._filming:
            if self._film is None:
                if self._clip is None:
                    raise InputError("No dance is open yet: choose a video first.")
                self._film = film_strip(self._clip)
            return self._film

    def place_for(self, name: str) -> Path:
        """Where an uploaded video goes: a new folder, for it and its project.

        Raises `InputError` for a name that is none, `OutputError` where there is such a folder.
        """
        plain = Path(name.replace("\\", "/")).name
        if not plain.strip(". ") or not plain.isprintable() or not Path(plain).suffix:
            raise InputError("The video has no name with an ending, as in dance.mp4: rename it.")
        folder = (self.folder or Path.cwd()) / Path(plain).stem
        if folder.exists():
            raise OutputError(
                f"{folder} is there already: rename the video, or open the project in that folder."
            )
        return folder / plain

    def close(self) -> None:
        """End all work and let others open the project."""
        self.line.close()
        if self._studio is not None:
            self._studio.close()

    def _tell(self) -> None:
        self.revision += 1
        self._changed()


def project_of(path: Path, folder: Path | None = None) -> Path:
    """The project that a path means: its own, or the one of a video, which may not be there yet."""
    if path.name.endswith(".d2m.json") or path.is_dir():
        return path
    return folder or path.with_name(f"{path.stem}.d2m")


def suffix_of(studio: Studio, kind: str) -> str:
    """Ending of an exported file; a video keeps the container of the dance's own."""
    return (studio.video.suffix.lower() or ".mp4") if kind == "video" else KINDS[kind].suffix


def _clip(studio: Studio) -> Clip:
    """The video of a project. Raises `InputError` for one that has motion alone."""
    clip = studio.clip
    if clip is None:
        raise InputError(
            f"{studio.video} is motion alone, and the studio shows a video: "
            "d2m generate --motion gives it music."
        )
    return clip
