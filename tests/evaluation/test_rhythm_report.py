"""The pulse of stored dances and of videos against their known beats."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from project import ROOT

from d2m_cli.errors import DataError
from d2m_cli.evaluation.rhythm_report import rhythm_record, rhythm_table

WALTZ = ROOT.parent / "shared/data/dance_with_melody/DANCE_W_1.npz"


def test_a_video_is_compared_with_the_tempo_beside_it(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples/dance.mp4", tmp_path)
    with pytest.raises(DataError, match="no dance with a known pulse"):
        rhythm_record(tmp_path, 8.0, 1)
    beats = np.arange(24) * 60 / 112  # examples/make_dance.py
    rows = "".join(f"{beat:.4f},1,1\n" for beat in beats)
    (tmp_path / "dance.beats.csv").write_text("time,bar,beat\n" + rows)
    [row] = rhythm_record(tmp_path, 8.0, 1)["windows"]
    assert row["tempo"] == 1.0 and row["meter"] is None
    assert isinstance(row["f"], float) and row["f"] > 0.8
    assert rhythm_table([row]).rows[0][:3] == ["video", "1", "1.00"]
    (tmp_path / "dance.beats.csv").write_text("time\nsoon\n")
    with pytest.raises(DataError, match="cannot be read"):
        rhythm_record(tmp_path, 8.0, 1)


@pytest.mark.skipif(not WALTZ.exists(), reason="the ballroom dances are not at hand")
def test_a_stored_dance_is_filmed_in_windows(tmp_path: Path) -> None:
    shutil.copy(WALTZ, tmp_path)
    rows = rhythm_record(tmp_path, 10.0, 3)["windows"]
    assert [row["name"] for row in rows] == ["DANCE_W_1"] * 3
    assert all(row["true_bpm"] == pytest.approx(87, rel=0.01) for row in rows)
    assert rows == rhythm_record(tmp_path, 10.0, 3)["windows"], "the cameras are the same again"
