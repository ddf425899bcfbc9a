"""One door to a project: its dance, its takes, what is changed of them, and what leaves it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from d2m_cli.features.files import save_features
from d2m_cli.features.pose.doors import MAIN, Door
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.studio import folders
from d2m_cli.studio.exports import write_export
from d2m_cli.studio.looking import Look, look, new_state, open_own
from d2m_cli.studio.making import expected, make_take
from d2m_cli.studio.part import make_parts, require_alike
from d2m_cli.studio.project import Project
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio.spans import Span, within, without
from d2m_cli.studio.takes import Take, load_take
from d2m_cli.studio.work import Show, Stages, never, unseen

_WAIT = 0.1
"""Seconds from one look to the next whether queued work is still wanted."""


class Studio(Project):
    """A dance and the takes of its music, kept in a folder; one process works on it at a time.

    Threads may share it: reading never waits for work, and what takes long (`add_take`, `redo`)
    is done one after the other. All that is said to be kept is on disk when a method returns.
    What may be changed of the takes is in `Project`.
    """

    def __init__(self, file: Path, state: dict[str, Any], lock: FileLock, device: str) -> None:
        """For `create` and `open`."""
        super().__init__(file, state, lock)
        self._device, self._working = device, threading.Lock()

    @classmethod
    def create(
        cls,
        video: str | Path,
        folder: str | Path | None = None,
        *,
        bundle: str | None = None,
        device: str = "auto",
        start: float = 0.0,
        end: float | None = None,
        dancer: str | int = MAIN,
        pose: Door | str | None = None,
        progress: Show = unseen,
        cancelled: Callable[[], bool] = never,
    ) -> Studio:
        """Look at a dance and make a project of it; nothing is left where that fails.

        Args:
            video: a file that ffmpeg reads, or motion alone (`docs/data.md`).
            folder: where the project is to lie; None: `NAME.d2m` beside the video.
            bundle: name or folder of a bundle; None: the one that comes along.
            device: auto, cpu, cuda or mps.
            start: seconds at which the part of the video begins.
            end: seconds at which it ends; None: with the video.
            dancer: main (who moves most), left, right, or a number from the left, from 1 on.
            pose: litert or mediapipe; None: the faster that is there.
            progress: called with a `Work`, from this thread.
            cancelled: asked again and again whether the work is to be given up.

        Raises:
            Cancelled: the caller wished it.
            InputError: the video cannot be used or shows nobody.
            OutputError: the folder holds something already, or cannot be written.
            BundleError: the bundle is unknown, or is not of this folders.
        """
        place = Path(video).with_suffix(".d2m") if folder is None else Path(folder)
        folders.check_new(place)
        maker = open_own(bundle, device)
        seen = Look(Path(video), start, end, dancer, pose)
        analysis = look(maker, seen, progress, cancelled)
        with folders.new_folder(place):
            lock = folders.hold(place)
            try:
                save_features(analysis.dance, place / folders.DANCE, analysis.thumbnails)
                fps = analysis.clip.fps if analysis.clip else None
                state = new_state(place, seen, bundle, fps)
                studio = cls(place / folders.NAME, state, lock, device)
                studio._save()
            except BaseException:
                lock.release()
                raise
        studio.__dict__["maker"] = maker
        return studio

    @classmethod
    def open(cls, file: str | Path, *, device: str = "auto") -> Studio:
        """Open a project by its file or its folder, with all of its takes.

        Raises `InputError` for a file that is none, is damaged, or is open in another process.
        """
        found = folders.project_file(Path(file))
        state = folders.read_project(found)
        lock = folders.hold(found.parent)
        try:
            folders.sweep(found.parent / folders.TAKES)
            return cls(found, state, lock, device)
        except BaseException:
            lock.release()
            raise

    @cached_property
    def maker(self) -> D2MMaker:
        """The bundle's networks, loaded when the first take is made."""
        return open_own(self._state.get("bundle"), self._device)

    @property
    def styles(self) -> list[str]:
        """Names of the bundle's styles, sorted."""
        return list(self.maker.style_names)

    def add_take(
        self,
        settings: TakeSettings | None = None,
        *,
        base: str | None = None,
        progress: Show = unseen,
        cancelled: Callable[[], bool] = never,
    ) -> Take:
        """Make a new take for the dance, and keep it.

        Args:
            settings: what it is to be; None: `settings` of the project.
            base: a take whose locked stretches it is to keep bit for bit; all else is new. Level
                and grid of beats must then be those of `base`.
            progress: called with a `Work`, from this thread.
            cancelled: asked again and again whether the work is to be given up.

        Raises:
            Cancelled: the caller wished it; nothing of the take is left.
            InputError: a setting is not possible for this dance, or there is no take `base`.
            BundleError: the bundle does not have the level or the style.
            OutputError: the disk is full.
        """
        settings = settings or self.settings
        if base is not None and self.locks(base):
            return self.redo(base, 0.0, settings=settings, progress=progress, cancelled=cancelled)

        def make(folder: Path, work: Stages) -> Take:
            return make_take(self.maker, self.analyzed, settings, folder, work)

        seconds = expected(settings, self.analyzed.seconds, self.takes)
        return self._make(make, Stages(seconds, progress, cancelled))

    def redo(
        self,
        take_id: str,
        start: float,
        end: float | None = None,
        *,
        seed: int | None = None,
        settings: TakeSettings | None = None,
        progress: Show = unseen,
        cancelled: Callable[[], bool] = never,
    ) -> Take:
        """A new take that is `take_id` but for the part from `start` to `end`, which is new.

        Sketch, codes and samples outside the part, and of locked stretches in it, are those of
        `take_id` bit for bit. The part has the same beats and the same key; its codes are drawn
        by a generator that hears those around it. Old and new are cross-faded within
        `CROSS_FADE` seconds inside the part. The new take has the locks of the old one.

        Args:
            take_id: the take that it is made from, which stays as it is.
            start: seconds.
            end: seconds; None: the end.
            seed: of the part; None: that of `settings`, or one more than the old take's.
            settings: what the part is to be; None: what the old take is. Level and grid of beats
                must be those of the old take.
            progress: called with a `Work`, from this thread.
            cancelled: asked again and again whether the work is to be given up.

        Raises:
            Cancelled: the caller wished it; nothing of the take is left.
            InputError: there is no such take, the part is empty or wholly locked, or the settings
                want another level or other beats.
            BundleError: the bundle does not have the style.
            OutputError: the disk is full.
        """
        old, locks = self.take(take_id), self.locks(take_id)
        wished = settings or replace(old.settings, seed=old.settings.seed + 1)
        wished = wished if seed is None else replace(wished, seed=seed)
        require_alike(old, wished)
        spans = without([within(old, start, end)], *locks)

        def make(folder: Path, work: Stages) -> Take:
            return make_parts(self.maker, self.analyzed, old, wished, spans, folder, work)

        usual = expected(wished, sum(s.end - s.start for s in spans), self.takes)
        return self._make(make, Stages(usual, progress, cancelled), locks)

    def export(
        self, take_id: str, out: str | Path, *, overwrite: bool = False, mix: float = 0.0
    ) -> Path:
        """Write a take, or what is known of it; the suffix of `out` decides.

        Args:
            take_id: the take.
            out: .mp4, .m4v, .mov, .mkv, .webm or .avi: the video with the music, its picture
                copied; .wav, .mp3, .m4a, .flac, .ogg or .opus: the music; .txt: beats and sections
                as labels for Audacity; .mid: tempo map, drums, bass, chords and melody of the
                sketch; .edl or .otio: beats and sections as markers; .csv: a row a beat; .json:
                all of it.
            overwrite: replace a file that exists.
            mix: 0..1, amplitude of the video's old sound under the music.

        Returns the file. Raises `OutputError` when it exists, cannot be written or is of an unknown
        kind, `InputError` when there is no such take, or no video.
        """
        return write_export(self, self.take(take_id), Path(out), overwrite, mix)

    @contextmanager
    def _turn(self, work: Stages) -> Iterator[None]:
        """Wait until no other work is done."""
        while not self._working.acquire(timeout=_WAIT):
            work.check()
        try:
            yield
        finally:
            self._working.release()

    def _make(
        self, make: Callable[[Path, Stages], Take], work: Stages, locks: list[Span] | None = None
    ) -> Take:
        """A take that `make` writes into a folder, noted in the project."""
        with self._turn(work):
            work.start()
            name = self._next_name()
            with folders.whole_folder(self._place(name)) as draft:
                make(draft, work)
            with self._guard:
                self._takes[name] = load_take(self._place(name))
                facts = {"name": "", "deleted": False, "locks": [list(s) for s in locks or []]}
                self._state["takes"][name] = facts
                self._save()
                return self._takes[name]
