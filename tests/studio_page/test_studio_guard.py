"""Who may ask the studio, what it gives, and what it leaves when it ends."""

import http.client
import json
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_server import Served, serving, until
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.errors import D2MError, InputError


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio in which no dance is open."""
    with serving(tmp_path_factory.mktemp("studio")) as served:
        yield served


def sentence(body: bytes) -> str:
    error: str = json.loads(body)["error"]
    assert error.endswith(".")
    return error


def test_the_address_gives_the_page_and_its_policy(studio: Served) -> None:
    status, headers, _ = studio.ask(studio.address.partition(str(studio.port))[2], headers={})
    assert status == 303 and headers["location"] == "/"
    cookie = headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    status, headers, page = studio.ask("/")
    policy = headers["content-security-policy"]
    assert status == 200 and b"d2m" in page
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert f'content="{nonce}"'.encode() in page
    assert nonce not in studio.ask("/")[1]["content-security-policy"], "each page has its own"
    assert b"//" not in page.replace(b"<!doctype", b""), "nothing comes from elsewhere"


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/api/events", "/media/video", "/none"])
@pytest.mark.parametrize("change", ["no token", "wrong token", "foreign origin", "foreign host"])
def test_strangers_get_nothing(studio: Served, path: str, change: str) -> None:
    headers = dict(studio.own)
    if change == "no token":
        del headers["Cookie"]
    elif change == "wrong token":
        headers["Cookie"] = headers["Cookie"][:-1] + "!"
    elif change == "foreign origin":
        headers["Origin"] = "http://evil.example"
    else:
        headers["Host"] = f"evil.example:{studio.port}"
    status, told, body = studio.ask(path, headers=headers)
    assert status == 403 and sentence(body)
    assert "set-cookie" not in told and "access-control-allow-origin" not in told


def test_a_wrong_token_in_the_address_gives_no_cookie(studio: Served) -> None:
    status, headers, body = studio.ask("/?token=guessed", headers={})
    assert status == 403 and "set-cookie" not in headers
    assert "printed" in sentence(body)


def test_what_changes_something_must_name_its_origin(studio: Served) -> None:
    cookie = {"Cookie": studio.own["Cookie"]}
    assert studio.ask("/api/undo", "POST", cookie, b"{}")[0] == 403
    crossed = {**studio.own, "Sec-Fetch-Site": "cross-site"}
    assert studio.ask("/api/undo", "POST", crossed, b"{}")[0] == 403
    status, _, body = studio.ask("/api/undo", "POST", body=b"{}")
    assert status == 400 and "choose a video" in sentence(body)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2ferrors.py",
        "/api/exports/..%2fproject.d2m.json",
        "/media/takes/..%2f..%2fdance.wav",
        "/etc/passwd",
    ],
)
def test_no_path_leads_outside(studio: Served, path: str) -> None:
    status, _, body = studio.ask(path)
    assert status in (400, 404) and sentence(body)


def test_every_file_of_the_page_is_served_as_what_it_is(studio: Served) -> None:
    _, headers, script = studio.ask("/static/main.js")
    assert (
        "javascript" in headers["content-type"] and headers["x-content-type-options"] == "nosniff"
    )
    assert b"import" in script
    assert b"Redistribution" in studio.ask("/static/vendor/wavesurfer.LICENSE.txt")[2]
    assert studio.ask("/static/")[0] == 404, "no folder is listed"


@pytest.mark.parametrize(
    ("name", "told", "reason"),
    [
        ("", "4", "no name"),
        ("...", "4", "no name"),
        ("noending", "4", "no name"),
        ("dance.mp4", "0", "empty"),
        ("dance.mp4", str(5 << 30), "larger"),
    ],
)
def test_uploads_are_named_and_bounded(studio: Served, name: str, told: str, reason: str) -> None:
    headers = {**studio.own, "Content-Length": told}
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=30)
    connection.putrequest("POST", f"/api/open?name={name}")
    for key, text in headers.items():
        connection.putheader(key, text)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 400 and reason in sentence(answer.read())
    assert list(studio.folder.iterdir()) == []


def test_an_upload_stays_in_its_folder_and_leaves_nothing_when_it_breaks_off(
    studio: Served,
) -> None:
    outside = studio.folder.parent / "outside.mp4"
    with socket.create_connection(("127.0.0.1", studio.port)) as line:
        lines = [
            "POST /api/open?name=../outside.mp4 HTTP/1.1",
            f"Host: 127.0.0.1:{studio.port}",
            *(f"{name}: {text}" for name, text in studio.own.items()),
            "Content-Length: 100000",
        ]
        line.sendall("\r\n".join([*lines, "", ""]).encode() + bytes(50_000))
        until(lambda: (studio.folder / "outside").is_dir(), "the upload began")
        assert not outside.exists()
    until(lambda: not list(studio.folder.iterdir()), "the half upload is gone")


def test_what_is_no_video_costs_a_sentence(studio: Served) -> None:
    status, _, _ = studio.ask("/api/open?name=words.mp4", "POST", body=b"no video at all")
    assert status == 200
    until(lambda: "failed" in news(studio), "the work says that it failed")
    assert "words.mp4" in news(studio)
    shutil.rmtree(studio.folder / "words")


def news(studio: Served) -> str:
    """The first event that the studio tells."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=30)
    connection.request("GET", "/api/events", headers=studio.own)
    line = connection.getresponse().readline().decode()
    connection.close()
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "no terminal"])
def test_a_signal_ends_the_look_at_a_dance_and_leaves_nothing(
    tmp_path: Path, dance_clips: dict[str, Path], number: signal.Signals
) -> None:
    shutil.copy(dance_clips["second"], tmp_path / "dance.mp4")
    with serving(tmp_path, "dance.mp4") as studio:
        until(lambda: "watching" in news(studio), "the dance is looked at")
        studio.process.send_signal(number)
        assert studio.process.wait(60) in (0, 128 + number, -number, 1)
        assert "Traceback" not in studio.complaints()
    assert [path.name for path in tmp_path.iterdir()] == ["dance.mp4"]


def test_a_wrong_word_fails_before_anything_is_served(tmp_path: Path) -> None:
    def run(*arguments: object) -> None:
        CliRunner().invoke(
            app, ["studio", "--no-browser", *map(str, arguments)], catch_exceptions=False
        )

    with pytest.raises(InputError, match=r"nothere\.mp4"):
        run(tmp_path / "nothere.mp4")
    with pytest.raises(InputError, match="is no project"):
        run(tmp_path)
    taken = pytest.raises(D2MError, match="another --port")
    with socket.create_server(("127.0.0.1", 0)) as other, taken:
        run("--port", other.getsockname()[1])
