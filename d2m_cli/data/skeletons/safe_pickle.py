"""Reading pickled numpy data (AIST++ motion) without giving the file a chance to run code."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from d2m_cli.errors import DataError


def load_numpy_pickle(path: Path) -> Any:
    """What a pickle of plain containers, numbers, strings and numpy arrays holds.

    A pickle is a small program that may call anything it names. Here it may name only what numpy
    needs to rebuild arrays, scalars and dtypes; anything else is refused before it is called.

    Raises `DataError` when the file is missing, damaged or asks for anything else.
    """
    try:
        data = path.read_bytes()
        _check_numbers(data)
        # latin1 is how numpy's arrays survive from pickles that Python 2 wrote.
        return _NumpyUnpickler(io.BytesIO(data), encoding="latin1").load()
    except FileNotFoundError:
        raise DataError(f"There is no file '{path}': check the path.") from None
    except DataError as error:
        raise DataError(f"'{path}' {error}") from None
    except Exception as error:  # a damaged pickle can fail inside numpy in any way
        raise DataError(f"'{path}' is not a readable pickle ({error}): get it again.") from None


def _check_numbers(data: bytes) -> None:
    """Refuse a pickle that numbers its parts beyond its own length: a place is kept for each."""
    for operation, argument, _ in pickletools.genops(data):
        if operation.name.endswith("PUT") and int(argument or 0) > len(data):
            raise DataError("numbers more parts than it has bytes: get it again.")


def _reconstruct(kind: Any, shape: tuple[int, ...], code: Any) -> Any:
    """The empty array that numpy fills later; no other has a reason to be asked for."""
    if tuple(shape) != (0,):
        raise DataError("would make an array before its data are read: do not use it.")
    return _numpy_core.multiarray._reconstruct(kind, shape, code)


def _scalar(kind: Any, value: Any = None) -> Any:
    """A number of numpy's."""
    if kind.itemsize > _LARGEST_SCALAR:
        raise DataError(f"holds a number of {kind.itemsize} bytes: do not use it.")
    return _numpy_core.multiarray.scalar(kind, value)


def _encode(text: str, encoding: str) -> bytes:
    """`codecs.encode` as numpy's pickles of protocol 2 use it, and nothing more."""
    if encoding != "latin1":
        raise DataError(f"asks for the codec '{encoding}', which numpy data does not need.")
    return text.encode(encoding)


_numpy_core: Any = np.core
_LARGEST_SCALAR = 1024
"""Bytes."""

# numpy moved these from `numpy.core` to `numpy._core` in version 2; both names occur in files.
_CORE = {
    ("multiarray", "_reconstruct"): _reconstruct,
    ("multiarray", "scalar"): _scalar,
    ("numeric", "_frombuffer"): _numpy_core.numeric._frombuffer,
}
_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    **{(f"numpy.core.{module}", name): found for (module, name), found in _CORE.items()},
    **{(f"numpy._core.{module}", name): found for (module, name), found in _CORE.items()},
}


class _NumpyUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise DataError(
                f"would call '{module}.{name}' when read, which is no numpy data: do not use it."
            ) from None
