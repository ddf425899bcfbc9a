"""How far long work is and how long it will take, and how it is given up in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from d2m_cli.errors import Cancelled

_SURE = 0.05
"""Share of the work from which on the time that it took tells the time that is left."""


@dataclass(frozen=True)
class Work:
    """How far long work is."""

    stage: str
    """`analyze`, `compose`, `decode`, `postprocess` or `write`."""
    share: float
    """0..1 of the whole work, never falling."""
    left: float
    """Seconds that it will take from here on, estimated."""


Show = Callable[[Work], None]
"""Called with how far the work is, from the thread that does it."""


def unseen(work: Work) -> None:
    """Progress that nobody looks at."""


def never() -> bool:
    """Work that is not given up."""
    return False


class Stages:
    """A `Progress` for the rooms that work, over stages whose usual `seconds` are known.

    Calling it raises `Cancelled` as soon as `cancelled` says so.
    """

    def __init__(
        self, seconds: Mapping[str, float], show: Show, cancelled: Callable[[], bool]
    ) -> None:
        self.seconds, self.show, self.cancelled = dict(seconds), show, cancelled
        self.share = 0.0
        self.start()

    def start(self) -> None:
        """Begin to count time now."""
        self.begin = perf_counter()

    def __call__(self, stage: str, done: float, total: float) -> None:
        """Note that `done` of `total` of a stage is done."""
        self.check()
        names = [str(name) for name in self.seconds]
        number = names.index(str(stage)) if str(stage) in names else len(names)
        usual = list(self.seconds.values())
        now = usual[number] if number < len(usual) else 0.0
        part = min(done / total, 1.0) if total else 0.0
        whole = max(sum(usual), 1e-9)
        self.share = max(self.share, min((sum(usual[:number]) + part * now) / whole, 1.0))
        spent = perf_counter() - self.begin
        left = whole if self.share < _SURE else spent / self.share
        self.show(Work(str(stage), self.share, max(left * (1.0 - self.share), 0.0)))

    def check(self) -> None:
        """Raise `Cancelled` where the work is to be given up."""
        if self.cancelled():
            raise Cancelled("The work was cancelled: nothing of it is kept.")
