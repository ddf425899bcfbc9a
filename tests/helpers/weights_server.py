"""A real HTTP server on this machine that misbehaves on request."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges; `server.behaviours[path]` is used up before that."""

    protocol_version = "HTTP/1.1"
    server: WeightsServer

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.server.requests.append((self.path, self.headers.get("Range")))
        content = self.server.files.get(path)
        waiting = self.server.behaviours.get(path, [])
        if content is None:
            self.send_error(404)
        elif waiting:
            waiting.pop(0)(self, content)
        else:
            self.serve(content)

    def serve(self, content: bytes, cut: int | None = None, etag: str | None = None) -> None:
        """Send the asked range of `content`; lose the connection `cut` bytes into the body."""
        etag = etag or f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        start = 0
        if "Range" in self.headers and self.headers.get("If-Range", etag) == etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("ETag", etag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_body(content[start:], cut)

    def send_body(self, body: bytes, cut: int | None = None) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class WeightsServer(ThreadingHTTPServer):
    """Files by path, what to do at the next requests, and the requests that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.behaviours: dict[str, list[Behaviour]] = {}
        self.requests: list[tuple[str, str | None]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


@contextmanager
def serving() -> Iterator[WeightsServer]:
    """A running server; it stops with the context."""
    with WeightsServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
