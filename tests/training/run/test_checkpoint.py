from pathlib import Path

import pytest
import torch

from d2m_cli.errors import OutputError
from d2m_cli.training.run.checkpoint import KEPT, load_newest, save_checkpoint


def test_newest_whole_checkpoint_is_found(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 5, {"step": 5, "weights": torch.ones(3)})
    newest = save_checkpoint(tmp_path, 12, {"step": 12, "weights": torch.zeros(3)})
    found = load_newest(tmp_path)
    assert found is not None and found["step"] == 12

    newest.write_bytes(newest.read_bytes()[:-200])
    found = load_newest(tmp_path)
    assert found is not None and found["step"] == 5
    assert torch.equal(found["weights"], torch.ones(3))


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for step in range(8, 13):
        save_checkpoint(tmp_path, step, {"step": step})
    assert len(list(tmp_path.iterdir())) == KEPT
    assert load_newest(tmp_path) == {"step": 12}


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert load_newest(tmp_path) is None


def test_the_old_checkpoint_survives_a_disk_that_fills_up(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file sizes cannot be limited here")
    save_checkpoint(tmp_path, 5, {"step": 5})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="step_00000006"):
            save_checkpoint(tmp_path, 6, {"step": 6, "weights": torch.ones(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["step_00000005.ckpt"]
    assert load_newest(tmp_path) == {"step": 5}
