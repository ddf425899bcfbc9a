"""`d2m studio` as a process of its own, and what a program may ask of it."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from project import ROOT

PATIENCE = 120.0
"""Seconds to wait for anything that the studio does."""


@dataclass
class Served:
    """A studio that answers."""

    address: str
    """With the token."""
    port: int
    folder: Path
    """Where it runs, and uploaded videos go."""
    process: subprocess.Popen[str]
    errors: IO[str]
    """What it writes to standard error."""

    def complaints(self) -> str:
        """All that it has written to standard error so far."""
        self.errors.seek(0)
        return self.errors.read()

    @property
    def own(self) -> dict[str, str]:
        """Headers of the studio's own page."""
        token = self.address.partition("token=")[2]
        cookie = f"d2m-studio-{self.port}={token}"
        return {"Cookie": cookie, "Origin": f"http://127.0.0.1:{self.port}"}

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer; without `headers` the page's own are sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body, self.own if headers is None else headers)
        answer = connection.getresponse()
        told = {name.lower(): text for name, text in answer.getheaders()}
        read = b"" if "event-stream" in told.get("content-type", "") else answer.read()
        connection.close()
        return answer.status, told, read


@contextmanager
def serving(folder: Path, *arguments: str | Path) -> Iterator[Served]:
    """A studio in `folder` that ends with the context."""
    complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115
    command = [sys.executable, "-m", "d2m_cli", "studio", "--no-browser", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=\S+", process.stdout.readline())
        assert found, "it ended before it answered"
        yield Served(found[0], int(found[1]), folder, process, complaints)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
        complaints.close()


def until(holds: object, what: str) -> None:
    """Wait until `holds()` is true."""
    assert callable(holds)
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)
