"""Fetching weights: resumable, verified, atomic, one process at a time.

A download grows in `<file>.part` and takes its real name only when it is whole and its hash is
right. A part survives a lost connection, so that the next try asks the server for the rest only.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from filelock import FileLock

from d2m_cli.bundles.bundle import sha256
from d2m_cli.bundles.drive import confirmed_url
from d2m_cli.bundles.registry import (
    MIRROR_VARIABLE,
    Entry,
    State,
    expected_hash,
    record_hash,
    state,
)
from d2m_cli.errors import D2MError, DownloadError, OutputError
from d2m_cli.files import not_writable
from d2m_cli.progress import Progress, silent

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
WORTH_RETRYING = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long one URL is tried."""

    stall: float = 20.0
    """Seconds without a byte after which a connection counts as lost."""
    tries: int = 5
    """Tries in a row that bring nothing new."""
    pause: float = 0.5
    """Seconds before the second try; doubled before each further one."""


class _Refused(Exception):
    """This URL will not give the file; another may."""


def fetch_all(
    entries: list[Entry],
    folder: Path,
    mirror: str | None = None,
    report: Progress = silent,
    parallel: int = 4,
) -> list[Path]:
    """`fetch` several entries side by side; all are tried before failures are raised as one.

    `report` is called with an entry's name, the bytes it has, and the bytes it will have.
    """
    interrupted = threading.Event()

    def watched(name: str, done: float, total: float) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt  # ends this thread's download; its part stays
        report(name, done, total)

    with ThreadPoolExecutor(parallel) as pool:
        jobs = [pool.submit(fetch, entry, folder, mirror, watched) for entry in entries]
        try:
            wait(jobs)
        except KeyboardInterrupt:
            interrupted.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    failures = [failure for job in jobs if (failure := job.exception())]
    if len(failures) > 1 and all(isinstance(failure, D2MError) for failure in failures):
        raise DownloadError("\n".join(map(str, failures)))
    return [job.result() for job in jobs]


def fetch(
    entry: Entry,
    folder: Path,
    mirror: str | None = None,
    report: Progress = silent,
    patience: Patience = Patience(),
) -> Path:
    """The verified file of `entry` under `folder`, downloaded if it is not there yet.

    `mirror` is a base URL that is tried before the published ones. Proxies are taken from the
    environment (`HTTPS_PROXY`, `NO_PROXY` ...). A file that is present and verified costs no
    request.

    Raises `DownloadError` when no URL gives the right file, `OutputError` when it cannot be stored.
    """
    target = entry.path(folder)
    with _writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(target.name + ".lock")):
            if state(entry, folder, verify=True) is not State.VERIFIED:
                _fetch_from_any(entry, folder, mirror, report, patience)
    return target


def _fetch_from_any(
    entry: Entry, folder: Path, mirror: str | None, report: Progress, patience: Patience
) -> None:
    urls = [f"{mirror.rstrip('/')}/{entry.name}/{entry.file}"] if mirror else []
    target = entry.path(folder)
    part = _Part(target)
    failures = []
    with httpx.Client(follow_redirects=True, timeout=patience.stall) as client:
        for url in [*urls, *entry.urls]:
            try:
                _resume(client, url, part, patience, lambda *sizes: report(entry.name, *sizes))
                _accept(part, entry, folder)
                return
            except (_Refused, httpx.HTTPError) as failure:
                reason = str(failure) or type(failure).__name__
                failures.append(f"{urlsplit(url).hostname}: {reason}")
    raise DownloadError(
        f"'{entry.name}' could not be downloaded ({'; '.join(failures)}): try again later, name "
        f"another server in {MIRROR_VARIABLE}, or put the file at '{target}' yourself."
    )


def _resume(
    client: httpx.Client, url: str, part: _Part, patience: Patience, report: Callable[..., None]
) -> None:
    """Download `url` into `part`, resuming after lost connections."""
    vain = 0
    while True:
        had = part.size
        try:
            return _receive(client, url, part, report)
        except httpx.TransportError:
            vain = 0 if part.size > had else vain + 1
            if vain == patience.tries:
                raise
        time.sleep(patience.pause * 2 ** max(0, vain - 1))


def _receive(client: httpx.Client, url: str, part: _Part, report: Callable[..., None]) -> None:
    """One request: the rest of the file where the server can resume, else all of it."""
    headers = {"Accept-Encoding": "identity", **part.resume_headers()}
    with client.stream("GET", url, headers=headers) as reply:
        if reply.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.discard()
            raise httpx.ReadError("the server has less than was already downloaded")
        if reply.status_code in WORTH_RETRYING:
            raise httpx.ReadError(f"HTTP {reply.status_code}")
        if reply.is_error:
            raise _Refused(f"HTTP {reply.status_code} {reply.reason_phrase}")
        if "text/html" in reply.headers.get("Content-Type", ""):
            page = reply.read().decode(errors="replace")
            confirmed = confirmed_url(page, str(reply.url))
            if confirmed is None or confirmed == url:
                raise _Refused("a web page came instead of the file")
            return _receive(client, confirmed, part, report)
        part.write(reply, report)


def _accept(part: _Part, entry: Entry, folder: Path) -> None:
    """Give a complete download its real name, or throw it away."""
    digest, expected = sha256(part.path), expected_hash(entry, folder)
    if not digest.startswith(expected):
        part.discard()
        first_seen = "" if expected == entry.sha256 else " first seen here"
        raise _Refused(f"its SHA-256 is {digest} instead of the {expected}{first_seen}")
    target = entry.path(folder)
    part.path.replace(target)
    part.discard()
    record_hash(entry, folder, digest)


class _Part:
    """A download in progress, with what identifies the version of the file on its server."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(target.name + ".part")
        self.version = target.with_name(target.name + ".part.version")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def resume_headers(self) -> dict[str, str]:
        """Ask for the rest, on condition that the file is still the one that was begun."""
        if not self.size or not self.version.exists():
            return {}
        return {
            "Range": f"bytes={self.size}-",
            "If-Range": self.version.read_text(encoding="utf-8"),
        }

    def write(self, reply: httpx.Response, report: Callable[..., None]) -> None:
        resumed = reply.status_code == httpx.codes.PARTIAL_CONTENT
        done = self.size if resumed else 0
        if resumed and not reply.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            self.discard()
            raise httpx.ReadError("the server sent another part of the file than was requested")
        length = reply.headers.get("Content-Length")
        total = done + int(length) if length else 0
        if not resumed:
            self._remember_version(reply)
        with self.path.open("ab" if resumed else "wb") as file:
            for chunk in reply.iter_raw():
                file.write(chunk)
                done += len(chunk)
                report(done, total)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.version.unlink(missing_ok=True)

    def _remember_version(self, reply: httpx.Response) -> None:
        self.discard()
        version = reply.headers.get("ETag") or reply.headers.get("Last-Modified")
        # A weak tag promises the same meaning, not the same bytes: such a file starts over.
        if version and not version.startswith("W/"):
            self.version.write_text(version, encoding="utf-8")


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            _Part(target).discard()
            raise OutputError(
                f"The disk has no space for '{target}': free some, or choose another with --dir."
            ) from None
        raise not_writable(target, error) from None
