"""Runs the studio on this machine until it is ended, and leaves nothing half done."""

from __future__ import annotations

import secrets
import signal
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from d2m_cli.errors import D2MError
from d2m_cli.studio_page.app import make_app
from d2m_cli.studio_page.desk import Desk
from d2m_cli.studio_page.feed import Feed

HOST = "127.0.0.1"
_GRACE = 3
"""Seconds that downloads have to end when the studio does."""


class _Server(uvicorn.Server):
    """Ends the streams of news first: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, feed: Feed, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.feed, self.ready = feed, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        self.ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a terminal that is closed end the studio as Ctrl-C does."""
        hangup = getattr(signal, "SIGHUP", None)
        with super().capture_signals():
            before = signal.getsignal(hangup) if hangup else signal.SIG_IGN
            if hangup and before != signal.SIG_IGN:
                signal.signal(hangup, self.handle_exit)
            try:
                yield
            finally:
                if hangup:
                    signal.signal(hangup, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal."""
        self.feed.close()
        super().handle_exit(sig, frame)


def serve(
    path: Path | None,
    folder: Path | None,
    port: int,
    show: Callable[[str], None],
    browse: bool = True,
) -> None:
    """Serve the studio until a signal ends it.

    Args:
        path: a video or a project to open; None: the page asks for one.
        folder: of the project; None: beside the video.
        port: of this machine; 0: one that is free.
        show: called with the address once it answers.
        browse: open the address in the browser.

    Raises `D2MError` where the port is taken.
    """
    listener = _listener(port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    address = f"http://{HOST}:{port}/?token={token}"
    feed = Feed()
    desk = Desk(folder, feed.ring)

    def ready() -> None:
        show(address)
        if browse:
            webbrowser.open(address)

    config = uvicorn.Config(
        make_app(desk, feed, port, token),
        log_level="error",
        access_log=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
    )
    try:
        if path is not None:
            desk.open(path)
        _Server(config, feed, ready).run(sockets=[listener])
    finally:
        feed.close()
        desk.close()
        listener.close()


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise D2MError(
            f"Port {port} cannot be used ({error.strerror}): give another --port, or none."
        ) from error
    listener.listen(128)
    return listener
