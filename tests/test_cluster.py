"""Work on a local Ray cluster of two workers: in order, on loopback alone, and nothing is lost."""

import os
import signal
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from project import ROOT

from d2m_cli.cluster import Done, Engine, Lost, spread, spread_in_order
from d2m_cli.errors import D2MError

PLACES = (ROOT, ROOT / "tests", ROOT / "tests" / "helpers")
"""What a worker imports these functions from."""
KILLED_ONCE, KILLED_ALWAYS = 3, 5


def begin() -> str:
    return os.environ.get("OMP_NUM_THREADS", "")


def work(threads: str, item: int, folder: Path, addresses: Path | None = None) -> tuple[int, str]:
    """Square a number; some numbers cost the life of whoever squares them."""
    mark = folder / f"killed_{item}"
    if item == KILLED_ALWAYS or (item == KILLED_ONCE and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if addresses is not None:
        addresses.write_text(listening())
    return item * item, threads


def listening() -> str:
    """Addresses on which processes of Ray listen, one a line."""
    told = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True).stdout
    ours = [line.split() for line in told.splitlines() if "ray" in line or "gcs" in line]
    return "\n".join(words[3] for words in ours)


def test_this_process_does_it_in_turn(tmp_path: Path) -> None:
    count: list[float] = []
    squares = spread_in_order(
        begin, partial(work, folder=tmp_path), [1, 2], Engine.LOCAL, 2, lambda d, _: count.append(d)
    )
    assert [square for square, _ in squares] == [1, 4] and count == [0, 1, 2]


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills processes in another way")
def test_a_lost_worker_loses_no_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, PLACES)))
    addresses = tmp_path / "addresses"
    job = partial(work, folder=tmp_path, addresses=addresses)
    try:
        found = list(spread(begin, job, range(7), Engine.RAY, 2))
    except D2MError as error:
        if "Ray did not start" not in str(error):
            raise
        pytest.skip(str(error))
    done = {one.number: one for one in found if isinstance(one, Done)}
    assert {n: one.result for n, one in done.items()} == {
        n: (n * n, "1") for n in range(7) if n != KILLED_ALWAYS
    }
    assert [one for one in found if isinstance(one, Lost)] == [Lost(KILLED_ALWAYS)]
    assert (tmp_path / f"killed_{KILLED_ONCE}").exists()
    assert done[KILLED_ONCE].lost == 1
    assert len({one.worker for one in done.values()}) > 1
    assert capfd.readouterr().out == ""
    places = addresses.read_text().split()
    assert places and all("127.0.0.1" in place for place in places), places
    assert not [line for line in listening().splitlines() if line]


def test_without_ray_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(D2MError, match="pip install"):
        list(spread(begin, work, [1], Engine.RAY, 2))
