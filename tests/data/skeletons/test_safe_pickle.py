"""A pickle of numpy arrays is read; one that would run code is refused without running it."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from d2m_cli.data.skeletons.safe_pickle import load_numpy_pickle
from d2m_cli.errors import DataError


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_reads_what_aist_stores(tmp_path: Path, protocol: int) -> None:
    motion = {
        "smpl_poses": np.random.default_rng(0).normal(size=(5, 72)),
        "smpl_trans": np.asfortranarray(np.ones((5, 3), np.float32)),
        "smpl_scaling": np.float64(93.77),
        "smpl_loss": 0.5,
    }
    path = tmp_path / "motion.pkl"
    path.write_bytes(pickle.dumps(motion, protocol=protocol))

    read = load_numpy_pickle(path)

    assert read.keys() == motion.keys()
    for key, value in motion.items():
        np.testing.assert_array_equal(read[key], value)


class _Runs:
    def __init__(self, function: object, *args: object) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize("nested", [False, True])
def test_refuses_a_pickle_that_runs_code(tmp_path: Path, nested: bool) -> None:
    trace = tmp_path / "ran"
    attack = _Runs(os.mkdir, str(trace))
    path = tmp_path / "motion.pkl"
    path.write_bytes(pickle.dumps(np.array([attack], dtype=object) if nested else attack))

    with pytest.raises(DataError, match=r"posix\.mkdir"):
        load_numpy_pickle(path)

    assert not trace.exists()
    pickle.loads(path.read_bytes())  # the attack is real: the plain reader does run it
    assert trace.exists()


def test_refuses_other_codecs(tmp_path: Path) -> None:
    path = tmp_path / "motion.pkl"
    path.write_bytes(b"c_codecs\nencode\n(Vabc\nVrot13\ntR.")
    with pytest.raises(DataError, match="rot13"):
        load_numpy_pickle(path)


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps([1.0] * 9)[:-4]])
def test_refuses_damaged_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "motion.pkl"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a readable pickle"):
        load_numpy_pickle(path)


def test_says_that_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load_numpy_pickle(tmp_path / "absent.pkl")
