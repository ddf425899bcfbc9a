"""Samples as 16-bit integers, as caches and sound files store them, and as floats in -1..1.

Written as round(32767 x), so that -1 and 1 are symmetric; read as n / 32768, as every sound
library reads 16-bit files. A sample that is written and read loses 1/32768 of its size at most,
and half a step by rounding.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m_cli.types import FloatArray

Int16Array = NDArray[np.int16]


def to_int16(samples: NDArray[np.floating[Any]]) -> Int16Array:
    """16-bit integers of samples in -1..1, of any shape; what lies outside is clipped."""
    return np.round(samples.clip(-1.0, 1.0) * 32767.0).astype(np.int16)


def to_float(samples: NDArray[Any]) -> FloatArray:
    """Samples in -1..1 of 16-bit integers, of any shape."""
    return samples.astype(np.float32) / 32768.0
