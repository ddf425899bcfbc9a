"""Downloads against a real server that cuts, stalls, lies, moves and refuses."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import resource
import signal
import threading
import time
from pathlib import Path

import pytest
from weights_server import Handler, WeightsServer

from d2m_cli.bundles.download import Patience, fetch, fetch_all
from d2m_cli.bundles.registry import Entry, Licence, State, state
from d2m_cli.errors import DownloadError, OutputError

CONTENT = random.Random(0).randbytes(700_001)
FREE = Licence("free", "Free", "", "")
QUICK = Patience(stall=0.4, tries=3, pause=0.01)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(*urls: str, sha256: str = digest(CONTENT), name: str = "net") -> Entry:
    return Entry(name, "A net", FREE, "testing", "net.pt", urls, sha256=sha256)


def left_over(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_whole(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = CONTENT
    seen: list[tuple[str, int, int | None]] = []

    path = fetch(entry(server.url("/net.pt")), tmp_path, report=lambda *step: seen.append(step))

    assert path.read_bytes() == CONTENT
    assert left_over(tmp_path) == ["net.pt", "net.pt.sha256"]
    assert seen[-1] == ("net", len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("seed", range(3))
def test_resumes_after_a_cut_at_a_random_byte(
    server: WeightsServer, tmp_path: Path, seed: int
) -> None:
    cut = random.Random(seed).randrange(1, len(CONTENT))
    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [lambda handler, content: handler.serve(content, cut)]

    path = fetch(entry(server.url("/net.pt")), tmp_path, patience=QUICK)

    assert path.read_bytes() == CONTENT
    assert server.requests == [("/net.pt", None), ("/net.pt", f"bytes={cut}-")]


def test_resumes_in_a_later_run(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [
        lambda handler, content: handler.serve(content, cut=1000),
        lambda handler, content: handler.serve(content, cut=0),
    ]
    with pytest.raises(DownloadError):
        fetch(entry(server.url("/net.pt")), tmp_path, patience=Patience(tries=1, pause=0))
    assert "net.pt" not in left_over(tmp_path)

    fetch(entry(server.url("/net.pt")), tmp_path, patience=QUICK)

    assert server.requests[-1] == ("/net.pt", "bytes=1000-")


def test_a_file_that_changed_on_the_server_starts_over(
    server: WeightsServer, tmp_path: Path
) -> None:
    def old_version(handler: Handler, content: bytes) -> None:
        handler.serve(b"old" * 99, cut=100, etag='"old"')

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [old_version]
    assert fetch(entry(server.url("/net.pt"), sha256=""), tmp_path).read_bytes() == CONTENT


def test_wrong_hash_keeps_nothing(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = b"something else"
    with pytest.raises(DownloadError, match=digest(b"something else")):
        fetch(entry(server.url("/net.pt")), tmp_path, patience=QUICK)
    assert left_over(tmp_path) == []


def test_404_then_the_next_url(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/there/net.pt"] = CONTENT
    urls = server.url("/gone/net.pt"), server.url("/there/net.pt")
    assert fetch(entry(*urls), tmp_path).read_bytes() == CONTENT
    assert [path for path, _ in server.requests] == ["/gone/net.pt", "/there/net.pt"]


def test_mirror_comes_first_and_the_published_url_after_it(
    server: WeightsServer, tmp_path: Path
) -> None:
    server.files["/net.pt"] = CONTENT
    fetch(entry(server.url("/net.pt")), tmp_path, mirror=server.url("/mirror/"))
    assert [path for path, _ in server.requests] == ["/mirror/net/net.pt", "/net.pt"]


def test_a_busy_server_is_asked_again(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [lambda handler, content: handler.send_error(503)] * 2
    assert fetch(entry(server.url("/net.pt")), tmp_path, patience=QUICK).read_bytes() == CONTENT
    assert len(server.requests) == 3


def test_a_server_that_stalls_is_left_and_resumed(server: WeightsServer, tmp_path: Path) -> None:
    given_up = threading.Event()

    def stall(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("ETag", f'"{digest(content)[:16]}"')
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:5000])
        handler.wfile.flush()
        given_up.wait(30)
        handler.close_connection = True

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [stall]
    begin = time.monotonic()
    path = fetch(entry(server.url("/net.pt")), tmp_path, patience=QUICK)
    given_up.set()
    assert path.read_bytes() == CONTENT
    assert server.requests[-1] == ("/net.pt", "bytes=5000-")
    assert time.monotonic() - begin < 15


def test_a_dead_server_is_given_up(tmp_path: Path, server: WeightsServer) -> None:
    with pytest.raises(DownloadError, match="put the file at"):
        fetch(entry("http://127.0.0.1:9/net.pt"), tmp_path, patience=QUICK)
    assert left_over(tmp_path) == []


def _fetch_with_little_space(url: str, folder: Path, answer: multiprocessing.Queue) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        fetch(entry(url), folder)
    except OutputError as error:
        answer.put(str(error))


def test_no_space_left(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = CONTENT
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    process = context.Process(
        target=_fetch_with_little_space, args=(server.url("/net.pt"), tmp_path, answer)
    )
    process.start()
    assert "no space" in answer.get(timeout=20)
    process.join()
    assert left_over(tmp_path) == []


def test_a_disk_that_is_full(server: WeightsServer, small_disk: Path) -> None:
    server.files["/net.pt"] = CONTENT
    with pytest.raises(OutputError, match="no space"):
        fetch(entry(server.url("/net.pt")), small_disk, patience=QUICK)
    assert left_over(small_disk) == []


def _fetch(url: str, folder: Path) -> None:
    fetch(entry(url), folder)


def test_two_processes_at_once_download_once(server: WeightsServer, tmp_path: Path) -> None:
    def slowly(handler: Handler, content: bytes) -> None:
        time.sleep(0.5)
        handler.serve(content)

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [slowly, slowly]
    context = multiprocessing.get_context("fork")
    both = [
        context.Process(target=_fetch, args=(server.url("/net.pt"), tmp_path)) for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(20)
    assert [process.exitcode for process in both] == [0, 0]
    assert len(server.requests) == 1
    assert (tmp_path / "net/net.pt").read_bytes() == CONTENT


def fetch_heeding_ctrl_c(entries: list[Entry], folder: Path) -> None:
    # A test run in the background inherits a SIGINT that is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fetch_all(entries, folder)


def test_ctrl_c_stops_at_once_and_keeps_the_part(server: WeightsServer, tmp_path: Path) -> None:
    def drip(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("ETag", '"1"')
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for byte in content[:600]:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [drip]
    process = multiprocessing.get_context("fork").Process(
        target=fetch_heeding_ctrl_c, args=([entry(server.url("/net.pt"))], tmp_path)
    )
    process.start()
    part = tmp_path / "net/net.pt.part"
    while not part.exists():
        time.sleep(0.02)
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(15)
    assert process.exitcode == 1
    assert not (tmp_path / "net/net.pt").exists()
    assert part.exists()


def test_a_server_that_sends_another_part_is_not_believed(
    server: WeightsServer, tmp_path: Path
) -> None:
    def other_part(handler: Handler, content: bytes) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 7-{len(content) - 1}/{len(content)}")
        handler.send_body(content[7:])

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [
        lambda handler, content: handler.serve(content, 1000),
        other_part,
    ]
    path = fetch(entry(server.url("/net.pt"), sha256=""), tmp_path, patience=QUICK)
    assert path.read_bytes() == CONTENT


def test_a_present_file_costs_no_request(server: WeightsServer, tmp_path: Path) -> None:
    target = tmp_path / "net/net.pt"
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    fetch(entry(server.url("/net.pt")), tmp_path)
    assert server.requests == []


def test_a_damaged_file_is_fetched_again(server: WeightsServer, tmp_path: Path) -> None:
    server.files["/net.pt"] = CONTENT
    path = fetch(entry(server.url("/net.pt")), tmp_path)
    path.write_bytes(CONTENT[:-1])
    assert state(entry(), tmp_path, verify=True) is State.DAMAGED
    assert fetch(entry(server.url("/net.pt")), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("published", ["", digest(CONTENT)[:8]])
def test_the_first_download_is_trusted_and_then_enforced(
    server: WeightsServer, tmp_path: Path, published: str
) -> None:
    server.files["/net.pt"] = CONTENT
    trusting = entry(server.url("/net.pt"), sha256=published)
    fetch(trusting, tmp_path).unlink()
    server.files["/net.pt"] = CONTENT + b"!"
    with pytest.raises(DownloadError, match="first seen"):
        fetch(trusting, tmp_path, patience=QUICK)


def test_google_drives_confirm_page_is_followed(server: WeightsServer, tmp_path: Path) -> None:
    page = f"""<html><title>Google Drive - Virus scan warning</title>
        <form id="download-form" action="{server.url("/download")}" method="get">
        <input type="submit" value="Download anyway"/><input type="hidden" name="id" value="1Tw">
        <input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="a-b">
        </form></html>""".encode()

    def confirm(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_body(page)

    server.files.update({"/uc": b"", "/download": CONTENT})
    server.behaviours["/uc"] = [confirm, confirm]
    server.behaviours["/download"] = [lambda handler, content: handler.serve(content, cut=1000)]
    path = fetch(entry(server.url("/uc?export=download&id=1Tw")), tmp_path, patience=QUICK)
    assert path.read_bytes() == CONTENT
    assert server.requests[-1] == ("/download?id=1Tw&confirm=t&uuid=a-b", "bytes=1000-")


def test_a_web_page_is_no_weights(server: WeightsServer, tmp_path: Path) -> None:
    def quota(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_body(b"<html>Too many users have viewed this file recently</html>")

    server.files["/net.pt"] = CONTENT
    server.behaviours["/net.pt"] = [quota]
    with pytest.raises(DownloadError, match="web page"):
        fetch(entry(server.url("/net.pt"), sha256=""), tmp_path)
    assert left_over(tmp_path) == []


def test_a_proxy_from_the_environment_is_used(
    server: WeightsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.files["http://weights.invalid/net.pt"] = CONTENT
    fetch(entry("http://weights.invalid/net.pt"), tmp_path, patience=QUICK)
    assert server.requests == [("http://weights.invalid/net.pt", None)]


def test_several_at_once(server: WeightsServer, tmp_path: Path) -> None:
    entries = [entry(server.url(f"/{i}"), sha256="", name=f"net{i}") for i in range(5)]
    server.files.update({f"/{i}": bytes([i]) * 1000 for i in range(4)})
    entries.append(entry(server.url("/5"), sha256="", name="net5"))
    with pytest.raises(DownloadError, match=r"(?s)net4.*net5"):
        fetch_all(entries, tmp_path)
    for i in range(4):
        assert (tmp_path / f"net{i}/net.pt").read_bytes() == bytes([i]) * 1000
