"""The landmark network without its mask computes what MediaPipe's whole file does."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from project import EXAMPLE

from d2m_cli.features.pose.networks import litert
from d2m_cli.ingest.video import probe, read_frames
from d2m_cli.opencv import resized


def test_the_trimmed_network_gives_the_same_numbers() -> None:
    mediapipe = find_spec("mediapipe")
    if mediapipe is None or mediapipe.origin is None:
        pytest.skip("MediaPipe 0.10, which brings the whole file, is not installed")
    file = Path(mediapipe.origin).parent / "modules/pose_landmark/pose_landmark_full.tflite"
    whole, small = Interpreter(model_path=str(file)), litert.Network("pose_landmarks.tflite")
    whole.allocate_tensors()
    outputs = [whole.get_output_details()[number]["index"] for number in (0, 1, 3)]
    for picture in read_frames(probe(EXAMPLE), 1.0):
        square = resized(picture, 256, 256) / np.float32(255)
        whole.set_tensor(whole.get_input_details()[0]["index"], square[None])
        whole.invoke()
        for output, found in zip(outputs, small(square, 0, 1, 2), strict=True):
            assert np.array_equal(whole.get_tensor(output)[0], found)
