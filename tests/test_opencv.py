"""What d2m needs of OpenCV works without it: the same pictures, and pose."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from project import ROOT

from d2m_cli import opencv
from d2m_cli.errors import D2MError


@pytest.mark.parametrize("size", [(64, 48), (112, 112), (200, 120), (300, 301)])
def test_pictures_are_scaled_as_opencv_does(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (120, 200, 3)).astype(np.uint8)
    wanted = opencv.resized(picture, *size).astype(int)
    monkeypatch.setattr(opencv, "_module", lambda: None)
    assert np.abs(opencv.resized(picture, *size).astype(int) - wanted).max() <= 1


def test_flow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv, "_module", lambda: None)
    with pytest.raises(D2MError, match="install the package opencv-contrib-python-headless"):
        opencv.opencv()


def test_pose_runs_where_opencv_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object')")
    code = (
        "import numpy as np\n"
        "from d2m_cli.features.pose.estimator import PoseEstimator\n"
        "with PoseEstimator(30.0) as pose:\n"
        "    pose.add(np.zeros((64, 64, 3), np.uint8))\n"
        "    print(pose.landmarks().points.shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "(1, 33, 4)" in done.stdout or "No person" in done.stderr, done.stderr
