"""A look at a video in another process gives and raises what one in this process does."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from project import EXAMPLE

from d2m_cli.analysis.apart import read_video_apart
from d2m_cli.analysis.child import child, expect
from d2m_cli.analysis.video import read_video
from d2m_cli.errors import D2MError, NoDancerError
from d2m_cli.features.i3d import I3DExtractor, VisualSettings
from d2m_cli.ingest.video import probe
from d2m_cli.media import ffmpeg_path
from d2m_cli.official.two_stream import whole
from d2m_cli.types import Clip, FrameArray


class Frames:
    """Keeps all frames as they are."""

    step = 3
    shrink = staticmethod(whole)

    def __init__(self) -> None:
        self.kept: list[FrameArray] = []

    def add(self, frame: FrameArray) -> None:
        self.kept.append(frame)


@pytest.fixture(autouse=True)
def nobody_waits() -> None:
    """What a command in this process began early, and did not need, is ended."""
    expect(0)


def readers() -> tuple[I3DExtractor, Frames]:
    def seen(windows):
        return windows.mean((3, 4)).flatten(1)

    return I3DExtractor(VisualSettings(), seen), Frames()


def test_another_process_sees_the_same() -> None:
    clip = probe(EXAMPLE, 0.0, 3.1)
    told: list[float] = []
    near, far = readers(), readers()
    here = read_video(clip, *near)
    there = read_video_apart(clip, *far, progress=lambda stage, done, total: told.append(done))
    assert np.array_equal(here.landmarks.points, there.landmarks.points, equal_nan=True)
    assert here.landmarks.followed is not None
    assert np.array_equal(here.thumbnails, there.thumbnails)
    assert np.array_equal(near[0].visual().features, far[0].visual().features)
    assert all(map(np.array_equal, near[1].kept[::3], far[1].kept[::3]))
    assert told == sorted(told) and len(told) > 90


def nobody(folder: Path) -> Clip:
    picture = ("-f", "lavfi", "-i", "color=blue:s=160x120:d=0.5")
    subprocess.run([ffmpeg_path(), "-v", "error", *picture, folder / "empty.mp4"], check=True)
    return probe(folder / "empty.mp4")


def test_its_errors_come_out(tmp_path: Path) -> None:
    with pytest.raises(NoDancerError):
        read_video_apart(nobody(tmp_path))

    def stop(stage: str, done: float, total: float) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        read_video_apart(probe(EXAMPLE), progress=stop)
    assert not children()


def test_a_process_that_is_done_takes_the_looks_that_are_to_come(tmp_path: Path) -> None:
    clip = probe(EXAMPLE, 0.0, 0.5)
    expect(3)
    first = read_video_apart(clip)
    kept = children()
    assert len(kept) == 1
    with pytest.raises(NoDancerError):
        read_video_apart(nobody(tmp_path))
    assert children() == kept, "a bad video ends nothing"
    again = read_video_apart(clip)
    assert np.array_equal(first.landmarks.points, again.landmarks.points, equal_nan=True)
    assert not children()
    expect(2)
    read_video_apart(clip)
    assert children()
    expect(0)
    assert not children()


def test_a_process_that_is_killed_is_one_sentence() -> None:
    def kill() -> None:
        while not (found := children()):
            time.sleep(0.05)
        os.kill(found[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(D2MError, match="signal 9"):
        read_video_apart(probe(EXAMPLE))
    killer.join()


def test_one_that_is_gone_before_its_look_is_no_obstacle() -> None:
    clip = probe(EXAMPLE, 0.0, 0.2)
    expect(2)
    read_video_apart(clip)
    os.kill(children()[0], signal.SIGKILL)
    time.sleep(0.2)
    assert len(read_video_apart(clip).landmarks.points)


def test_ctrl_c_is_for_whoever_asked_from_the_first_moment() -> None:
    process = child()
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    assert process.communicate() == (b"", None) and process.returncode == 0


def children() -> list[int]:
    listed = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "apart.main"], capture_output=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]
