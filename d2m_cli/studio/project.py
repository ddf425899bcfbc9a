"""A project: its dance and its takes, and what a person changes of them."""

from __future__ import annotations

import shutil
import threading
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock

from d2m_cli.data.sources.piece import is_motion
from d2m_cli.errors import InputError
from d2m_cli.features.files import load_features
from d2m_cli.ingest.probe import probe
from d2m_cli.studio import folders
from d2m_cli.studio.edits import Edit, Edits
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio.spans import Span, joined, within, without
from d2m_cli.studio.takes import Take, load_take
from d2m_cli.studio.view import DanceView, view_of
from d2m_cli.types import Analysis, Clip, Dance


class Project:
    """A dance, its takes, and what is changed of them; each change is on disk at once."""

    def __init__(self, file: Path, state: dict[str, Any], lock: FileLock) -> None:
        """`lock` is the one of `folders.hold`; `file` is the project file."""
        self.file = file.absolute()
        """The project file."""
        self.folder = self.file.parent
        """All that the project holds lies in it."""
        self._state, self._lock = state, lock
        self._edits = Edits(state)
        self._guard = threading.RLock()
        self._takes = {name: load_take(self._place(name)) for name in state["takes"]}

    @classmethod
    def read(cls, file: str | Path) -> Project:
        """A project to look at and to export from, also while it is open in another process.

        Raises `InputError` for a file that is none or is damaged.
        """
        found = folders.project_file(Path(file))
        return cls(found, folders.read_project(found), folders.lock_of(found.parent))

    def close(self) -> None:
        """Let others open the project. Nothing is left to be written."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def video(self) -> Path:
        """The dance's video, or its motion; it may have been moved away since."""
        return (self.folder / str(self._state["video"])).resolve()

    @property
    def starts(self) -> float:
        """Seconds at which the part of the video begins."""
        return float(self._state["start"])

    @property
    def fps(self) -> float | None:
        """Pictures per second of the video; None for motion alone."""
        return self._state["fps"]

    @property
    def clip(self) -> Clip | None:
        """The video as it is now, or the part of it; None for motion alone.

        Raises `InputError` when it is not there any more.
        """
        if is_motion(self.video):
            return None
        return probe(self.video, self.starts, self._state["end"])

    @property
    def dance(self) -> DanceView:
        """What a timeline shows of the dance."""
        return self._view

    @cached_property
    def _view(self) -> DanceView:
        return view_of(self._analysis)

    @cached_property
    def _analysis(self) -> Analysis:
        dance, thumbnails = load_features(self.folder / folders.DANCE)
        return Analysis(dance, None, thumbnails)

    @property
    def analyzed(self) -> Dance:
        """The dance itself, as it was read from its video."""
        return self._analysis.dance

    @property
    def takes(self) -> list[Take]:
        """The takes that were not deleted, the oldest first."""
        with self._guard:
            facts = self._state["takes"]
            return [take for name, take in self._takes.items() if not facts[name]["deleted"]]

    def take(self, take_id: str) -> Take:
        """The take of that name. Raises `InputError` when there is none."""
        for take in self.takes:
            if take.id == take_id:
                return take
        known = ", ".join(take.id for take in self.takes) or "none so far"
        raise InputError(f"There is no take '{take_id}': the project has {known}.")

    def lock(self, take_id: str, start: float, end: float) -> list[Span]:
        """Keep a stretch of a take (seconds) from `redo` and from takes with it as their `base`.

        Stretches that meet become one. Returns the take's locks; can be undone. Raises
        `InputError` for a stretch that is empty or outside the take.
        """
        return self._lock_edit("lock", take_id, start, end)

    def unlock(self, take_id: str, start: float, end: float) -> list[Span]:
        """Free what is locked between `start` and `end` seconds; returns the locks that are left.

        Can be undone. Raises `InputError` as `lock` does.
        """
        return self._lock_edit("unlock", take_id, start, end)

    def locks(self, take_id: str) -> list[Span]:
        """The locked stretches of a take, in order, apart from one another."""
        self.take(take_id)
        with self._guard:
            return [Span(*span) for span in self._state["takes"][take_id]["locks"]]

    @property
    def settings(self) -> TakeSettings:
        """What the next take is to be; to set it is an edit."""
        return TakeSettings.of(self._state["settings"])

    @settings.setter
    def settings(self, settings: TakeSettings) -> None:
        self._edit("change settings", ["settings"], settings.record())

    @property
    def kept(self) -> Take | None:
        """The take that `d2m generate --project` renders: the one of `keep`, else the newest."""
        takes = self.takes
        for take in takes:
            if take.id == self._state["kept"]:
                return take
        return takes[-1] if takes else None

    def keep(self, take_id: str) -> None:
        """Choose the take that is rendered. Can be undone."""
        self._edit(f"keep {take_id}", ["kept"], self.take(take_id).id)

    def name(self, take_id: str) -> str:
        """What a person calls a take; empty without a name."""
        self.take(take_id)
        return str(self._state["takes"][take_id]["name"])

    def rename(self, take_id: str, name: str) -> None:
        """Call a take something. Can be undone."""
        self.take(take_id)
        self._edit(f"name {take_id}", ["takes", take_id, "name"], name)

    def delete(self, take_id: str) -> None:
        """Take a take out of the project. Can be undone: its files stay until `purge`."""
        self.take(take_id)
        self._edit(f"delete {take_id}", ["takes", take_id, "deleted"], True)

    def purge(self) -> None:
        """Remove the files of deleted takes for good, and forget all edits."""
        with self._guard:
            gone = [name for name, facts in self._state["takes"].items() if facts["deleted"]]
            for name in gone:
                del self._state["takes"][name], self._takes[name]
            self._edits.forget()
            self._save()
            for name in gone:
                shutil.rmtree(self._place(name), ignore_errors=True)

    @property
    def edits(self) -> tuple[list[Edit], list[Edit]]:
        """What can be undone, the next at the end, and what can be restored, likewise."""
        return self._edits.done, self._edits.undone

    def undo(self) -> Edit:
        """Take back the last edit (settings, locks, names, deleted and kept takes).

        Making a take is no edit. Raises `InputError` when there is nothing to undo.
        """
        with self._guard:
            edit = self._edits.undo()
            self._save()
            return edit

    def restore(self) -> Edit:
        """Do again what `undo` took back last. Raises `InputError` when there is nothing."""
        with self._guard:
            edit = self._edits.restore()
            self._save()
            return edit

    def _place(self, take_id: str) -> Path:
        return self.folder / folders.TAKES / take_id

    def _save(self) -> None:
        if not self._lock.is_locked:
            raise InputError(f"{self.folder} is not open for changes here: open it again.")
        folders.write_project(self.file, self._state)

    def _edit(self, words: str, place: list[str], after: Any) -> None:
        with self._guard:
            self._edits.make(words, place, after)
            self._save()

    def _lock_edit(self, word: str, take_id: str, start: float, end: float) -> list[Span]:
        part = within(self.take(take_id), start, end)
        with self._guard:
            change = joined if word == "lock" else without
            words = f"{word} {part.start:.2f} to {part.end:.2f} s of {take_id}"
            spans = change(self.locks(take_id), part)
            self._edit(words, ["takes", take_id, "locks"], [list(span) for span in spans])
            return spans

    def _next_name(self) -> str:
        """Name of the next take; a number is used once."""
        with self._guard:
            while True:
                name = f"take-{self._state['next']}"
                self._state["next"] += 1
                if not self._place(name).exists():
                    return name
