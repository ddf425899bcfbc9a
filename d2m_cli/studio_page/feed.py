"""Tells every open page what is new, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

_PAUSE = 0.15
"""Seconds between two events: what changes in between arrives in the next one."""
_PATIENCE = 15.0
"""Seconds after which an empty event asks whether the page is still there."""


class Feed:
    """Any number of listeners; `ring` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: set[asyncio.Event] = set()
        self._closed = False

    def ring(self) -> None:
        """Something is new."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self.ring()

    async def listen(self, news: Callable[[int], dict[str, Any]]) -> AsyncIterator[str]:
        """Events of one listener; `news` gives what is new since a revision that it named."""
        self._loop = asyncio.get_running_loop()
        bell = asyncio.Event()
        self._bells.add(bell)
        known, bell_rang = -1, True
        try:
            while not self._closed:
                if bell_rang:
                    bell.clear()
                    told = await asyncio.to_thread(news, known)
                    known = told["revision"]
                    yield f"data: {json.dumps(told)}\n\n"
                    await asyncio.sleep(_PAUSE)
                else:
                    yield ": still here\n\n"
                bell_rang = await _rings(bell)
        finally:
            self._bells.discard(bell)

    def _wake(self) -> None:
        for bell in self._bells:
            bell.set()


async def _rings(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), _PATIENCE)
    except TimeoutError:
        return False
    return True
