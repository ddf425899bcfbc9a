"""A network of a tflite file on LiteRT."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from d2m_cli.errors import D2MError
from d2m_cli.features.pose.quiet import native_stderr_muted
from d2m_cli.types import FloatArray

SHA256 = {
    "pose_detection.tflite": "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "pose_landmarks.tflite": "9811f49602433cac7960f1f43c1ac3a091dbf87531aeb88916239506ffcb19f3",
}
"""Of the files beside this one, which are from MediaPipe 0.10.21 (NOTICE.md)."""


THREADS = 1
"""With two, LiteRT's workers wait for one another by spinning, which takes the processor from the
decoder and from I3D beside it."""


class Network:
    """One of the files of `SHA256`, ready to run.

    Raises `D2MError` when the file is missing or damaged.
    """

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        path = Path(__file__).parent / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise D2MError(
                f"{path} cannot be read ({error.strerror}): install d2m again."
            ) from None
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise D2MError(f"{path} is damaged: install d2m again.")
        with native_stderr_muted():
            self._interpreter = Interpreter(model_content=content, num_threads=THREADS)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]

    def __call__(self, picture: FloatArray, *outputs: int) -> list[FloatArray]:
        """The `outputs` by number, of a picture `(H, W, 3)`, each without its batch axis."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        tensors = [self._interpreter.get_tensor(self._outputs[number]) for number in outputs]
        return [np.asarray(tensor[0], np.float32) for tensor in tensors]
