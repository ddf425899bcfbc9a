"""How a command ends: by a signal, beside another one, on a full output, amid a batch."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from project import EXAMPLE, ROOT

from d2m_cli.errors import OutputError
from d2m_cli.output import places
from d2m_cli.output.places import finished_file, named_after, reserved

COMMAND = (sys.executable, "-m", "d2m_cli.cli")
SLOW = """
import sys, time
from pathlib import Path
from d2m_cli.cli.signals import end_on_signals
from d2m_cli.output.places import finished_file, scratch_folder
end_on_signals()
with scratch_folder() as scratch, finished_file(Path(sys.argv[1])) as draft:
    draft.write_bytes(b"half")
    (Path(scratch) / "music.wav").write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def started(folder: Path) -> subprocess.Popen[str]:
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder / "out" / "out.mp4")],
        env=environment(TMPDIR=str(folder / "tmp")),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_nothing(number: int, status: int, tmp_path: Path) -> None:
    process = started(tmp_path)
    process.send_signal(number)
    assert process.wait(timeout=120) == status
    assert not [*(tmp_path / "tmp").iterdir(), *(tmp_path / "out").iterdir()]


def interruptible() -> None:
    """In a child: hear Ctrl-C, which some shells let their children ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


AMID_IMPORTS = """
import importlib, os, runpy, signal
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
import sys
sys.meta_path.insert(0, Finder)
sys.argv[1:] = ["styles"]
runpy.run_module({module!r}, run_name="__main__")
"""


@pytest.mark.parametrize("module", ["d2m_cli", "d2m_cli.cli"])
@pytest.mark.parametrize("name", ["typer", "d2m_cli.caches", "d2m_cli.cli.styles"])
def test_an_early_interrupt_ends_without_a_traceback(module: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AMID_IMPORTS.format(module=module, name=name)],
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=interruptible,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


DROPPED = """
import os, signal, time, weakref
from d2m_cli.cli.signals import clean_up_on_interrupt, leave_on_interrupt
class One: pass
leave_on_interrupt()
clean_up_on_interrupt()
one = One()
held = weakref.ref(one, lambda gone: os.kill(os.getpid(), signal.SIGINT))
del one
try:
    time.sleep(30)
except KeyboardInterrupt:
    print("heard")
"""


def test_an_interrupt_that_python_drops_comes_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DROPPED],
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=interruptible,
        timeout=25,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_a_killed_run_is_no_obstacle_and_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = started(tmp_path)
    out = tmp_path / "out" / "out.mp4"
    with pytest.raises(OutputError, match="is being written by another d2m"), reserved(out):
        pass
    process.kill()
    process.wait()
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path / "tmp"))
    (left,) = places.abandoned_scratch()
    assert (left / "music.wav").exists()
    with finished_file(out) as draft:
        assert draft.read_bytes() == b""
        draft.write_bytes(b"whole")
    assert [(path.name, path.read_bytes()) for path in out.parent.iterdir()] == [
        ("out.mp4", b"whole")
    ]


def test_a_symbolic_link_stays(tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to("real.mp4")
    with finished_file(link) as draft:
        draft.write_bytes(b"whole")
    assert link.is_symlink() and (tmp_path / "real.mp4").read_bytes() == b"whole"


@pytest.mark.parametrize("letter", ["d", "ä", "舞"])
def test_a_default_name_fits_its_folder(letter: str, tmp_path: Path) -> None:
    video = tmp_path / f"{letter * (250 // len(letter.encode()))}.mp4"
    out = named_after(video, ".d2m.mp4", tmp_path)
    assert len(os.fsencode(out.name)) <= 255 and out.name.endswith(f"{letter}.d2m.mp4")
    with finished_file(out) as draft:
        draft.write_bytes(b"whole")
    assert out.exists()


def test_pipes_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    writer = subprocess.Popen(["sh", "-c", f"exec 2>/dev/null; cat /dev/zero > {pipe}"])
    done = subprocess.run(
        [*COMMAND, "generate", str(pipe), "-o", str(tmp_path / "out.mp4")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1 and "is a pipe" in done.stderr, done.stderr
    assert writer.wait(timeout=60) != 0, "who writes must not wait for ever"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_that_takes_no_text_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "doctor", "--json"],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("d2m: There is no room left")
    assert "Traceback" not in done.stderr


def test_a_batch_goes_on_and_resumes(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9 [id]: 2.mp4")
    odd.write_bytes(EXAMPLE.read_bytes())
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a video")
    words = [*COMMAND, "generate", str(bad), str(odd), "-o", f"{tmp_path}/new/out/"]
    words += ["--level", "high", "--end", "2"]
    for resumed in (False, True):
        done = subprocess.run(
            [*words, *(["--resume"] if resumed else [])],
            env=environment(LC_ALL="C"),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1
        assert (b"is there and whole" in done.stderr) == resumed, done.stderr
        assert b"[id]: 2" in done.stderr + done.stdout and b"bad.mp4" in done.stderr + done.stdout
        assert len(list((tmp_path / "new" / "out").iterdir())) == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_hindrance(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, "styles"],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Error" not in done.stderr


def test_an_error_names_the_output_not_its_draft(tmp_path: Path) -> None:
    out = tmp_path / "dance.npz"
    wanted = r"dance\.npz cannot be written \(full\)"
    with pytest.raises(OutputError, match=wanted), finished_file(out) as draft:
        raise OutputError(f"{draft} cannot be written (full).")
    assert not [*tmp_path.iterdir()]
