"""What a person changes of a project, so that it can be taken back.

The state is plain data (docs/formats.md): an edit puts one value in the place of another, and holds
both. Making a take is no edit: taking back never costs music.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from d2m_cli.errors import InputError

MOST = 200
"""Edits that are kept."""


class Edit(NamedTuple):
    """One change: the value at `place` of the state was `before` and is `after`."""

    words: str
    """What was done, as a person would say it."""
    place: list[str]
    """Keys that lead to the value, from the outermost on."""
    before: Any
    after: Any


class Edits:
    """The edits of a project's state, of which the last ones may be undone."""

    def __init__(self, state: dict[str, Any]) -> None:
        """`state` holds the edits in its own `edits` and `undone`, lists of records."""
        self.state = state
        state.setdefault("edits", [])
        state.setdefault("undone", [])

    @property
    def done(self) -> list[Edit]:
        """What was done, the last at the end."""
        return [Edit(**edit) for edit in self.state["edits"]]

    @property
    def undone(self) -> list[Edit]:
        """What was undone and may come back, the next at the end."""
        return [Edit(**edit) for edit in self.state["undone"]]

    def make(self, words: str, place: list[str], after: Any) -> None:
        """Put a value in its place; what was undone before is forgotten."""
        edit = Edit(words, place, self._at(place), after)
        if edit.before != after:
            self._put(place, after)
            self.state["edits"] = [*self.state["edits"], edit._asdict()][-MOST:]
            self.state["undone"] = []

    def undo(self) -> Edit:
        """Take the last edit back. Raises `InputError` when there is none."""
        return self._move("edits", "undone", "undo")

    def restore(self) -> Edit:
        """Do again what was undone last. Raises `InputError` when there is none."""
        return self._move("undone", "edits", "restore")

    def forget(self) -> None:
        """Keep all as it is, with nothing that could be undone."""
        self.state["edits"], self.state["undone"] = [], []

    def _move(self, source: str, target: str, word: str) -> Edit:
        if not self.state[source]:
            raise InputError(f"There is nothing to {word}: nothing was changed.")
        edit = Edit(**self.state[source][-1])
        self._put(edit.place, edit.before if source == "edits" else edit.after)
        self.state[target] = [*self.state[target], edit._asdict()]
        self.state[source] = self.state[source][:-1]
        return edit

    def _at(self, place: list[str]) -> Any:
        value: Any = self.state
        for key in place:
            value = value[key]
        return value

    def _put(self, place: list[str], value: Any) -> None:
        *outer, last = place
        self._at(outer)[last] = value
