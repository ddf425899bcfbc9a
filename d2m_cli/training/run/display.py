"""What shows a run to people while it goes on."""

from collections.abc import Mapping
from typing import Protocol


class Display(Protocol):
    """Takes what happens in a run; only the first of several processes shows it."""

    def figures(self, kind: str, step: int, figures: Mapping[str, float]) -> None:
        """Figures of a step; `kind` is "train", "validation" or "pace"."""

    def progress(self, done: int, total: int) -> None:
        """Steps done, and their number in all."""

    def note(self, text: str) -> None:
        """A remark."""


class Silent:
    """A display that shows nothing."""

    def figures(self, kind: str, step: int, figures: Mapping[str, float]) -> None:
        """Show nothing."""

    def progress(self, done: int, total: int) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""
