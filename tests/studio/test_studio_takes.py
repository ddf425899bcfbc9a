"""Takes of a real dance, made with the embedded bundle, kept in a folder and found again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from studio_quick import QUICK

from d2m_cli import Dance2Music, Studio, Take
from d2m_cli.errors import Cancelled, InputError, OutputError
from d2m_cli.studio.work import Work
from d2m_cli.types import Analysis


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_take_has_the_dances_length_beats_and_peaks(studio: Studio, first: Take) -> None:
    assert len(first.samples) == round(studio.dance.seconds * first.rate)
    assert [beat.time for beat in first.beats] == [beat.time for beat in studio.dance.beats]
    assert first.peaks(7).min() == first.samples.min()
    assert first.peaks(7).max() == first.samples.max()
    assert first.score.notes
    assert first.style == "house"


def test_a_take_is_what_generate_makes(studio: Studio, first: Take) -> None:
    dance = Analysis(studio.analyzed)
    track = Dance2Music(studio.maker).compose(dance, "high", style="house", quality="draft", seed=3)
    assert np.array_equal(track.samples, first.samples)
    assert track.arrangement.record() == first.arrangement.record()


def test_a_project_opens_again_elsewhere_with_all_takes(
    studio: Studio, first: Take, tmp_path
) -> None:
    with pytest.raises(InputError, match="open in another"):
        Studio.open(studio.folder)
    copy = shutil.copytree(studio.folder, tmp_path / "copy.d2m")
    with Studio.open(copy) as again:
        assert [take.record() for take in again.takes] == [take.record() for take in studio.takes]
        assert np.array_equal(again.take(first.id).samples, first.samples)
        assert np.array_equal(again.take(first.id).codes, first.codes)
        assert again.take(first.id).score == first.score
        assert again.kept.id == studio.kept.id
        assert again.dance.record() == studio.dance.record()


def test_cancelled_work_leaves_nothing(studio: Studio, first: Take) -> None:
    seen: list[Work] = []

    def stop() -> bool:
        return bool(seen) and seen[-1].stage == "decode"

    before, state = files_of(studio.folder), json.loads(studio.file.read_text())
    with pytest.raises(Cancelled):
        studio.add_take(QUICK, progress=seen.append, cancelled=stop)
    assert files_of(studio.folder) == before
    assert json.loads(studio.file.read_text()) == state
    assert [work.share for work in seen] == sorted(work.share for work in seen)
    assert all(work.left >= 0 for work in seen)


def test_a_cancelled_look_leaves_no_folder(video: Path) -> None:
    with pytest.raises(Cancelled):
        Studio.create(video, video.parent / "other.d2m", cancelled=lambda: True)
    assert not (video.parent / "other.d2m").exists()


def test_no_project_is_made_over_another_one(studio: Studio, video: Path) -> None:
    with pytest.raises(OutputError, match="holds a project"):
        Studio.create(video, studio.folder)
