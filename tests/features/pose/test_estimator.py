import os
import subprocess
import sys
import threading
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from project import EXAMPLE, ROOT

from d2m_cli.errors import NoDancerError
from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions

EVERY = PoseOptions(stride=1)


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """The first second of the example dance, `(360, 270, 3)` each."""
    with av.open(str(EXAMPLE)) as container:
        pictures = islice(container.decode(video=0), 30)
        return [picture.reformat(270, 360, "rgb24").to_ndarray() for picture in pictures]


def test_a_dancer_is_found_in_a_worker_thread_without_noise(
    frames: list[np.ndarray], capfd: pytest.CaptureFixture[str]
) -> None:
    with PoseEstimator(30.0, EVERY) as pose:
        worker = threading.Thread(target=lambda: [pose.add(frame) for frame in frames])
        worker.start()
        worker.join()
    landmarks = pose.landmarks()
    assert landmarks.points.shape == (30, 33, 4) and landmarks.rate == 30.0
    found = np.isfinite(landmarks.points).all(axis=(1, 2))
    assert found.mean() > 0.9
    body = landmarks.points[found]
    head_above_feet = body[:, [27, 28], 1].mean(axis=1) - body[:, 0, 1]
    assert (head_above_feet > 0.2).all()
    assert capfd.readouterr().err == ""


def test_stderr_stays_usable_while_native_lines_are_muted(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from d2m_cli.features.pose.quiet import native_stderr_muted as muted\n"
        "with muted():\n"
        "    os.write(2, b'native')\n"
        "    print('python', file=sys.stderr)\n"
        "os.write(2, b'after')\n"
        "print('end', file=sys.stderr)\n"
    )
    log = tmp_path / "stderr"
    with log.open("wb") as target:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", script], stderr=target, env=environment, check=True)
    assert log.read_text() == "python\nafterend\n"


def test_stride_lowers_the_rate(frames: list[np.ndarray]) -> None:
    with PoseEstimator(30.0, PoseOptions(stride=2)) as pose:
        for frame in frames:
            pose.add(frame)
    landmarks = pose.landmarks()
    assert landmarks.points.shape == (15, 33, 4) and landmarks.rate == 15.0


def test_x_and_y_share_one_unit(frames: list[np.ndarray]) -> None:
    """The same picture padded at the right: nothing moves when the unit is the height."""
    padded = [np.pad(frame, ((0, 0), (0, 200), (0, 0))) for frame in frames[:3]]
    places = []
    for pictures in (frames[:3], padded):
        with PoseEstimator(30.0, EVERY) as pose:
            for picture in pictures:
                pose.add(picture)
        places.append(pose.landmarks().points[2, [11, 12, 23, 24], :2])
    np.testing.assert_allclose(places[0], places[1], atol=0.03)


def test_an_empty_room_is_an_error() -> None:
    with PoseEstimator(30.0, EVERY) as pose:
        for _ in range(3):
            pose.add(np.full((120, 160, 3), 90, np.uint8))
    with pytest.raises(NoDancerError, match="dancer"):
        pose.landmarks()
