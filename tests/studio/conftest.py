"""A project of the first seconds of the example, with a first take."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from project import EXAMPLE
from studio_quick import QUICK

from d2m_cli import Studio, Take


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg) -> Path:
    path = tmp_path_factory.mktemp("studio") / "dance.mp4"
    run_ffmpeg("-i", EXAMPLE, "-t", "3", "-c", "copy", path)
    return path


@pytest.fixture(scope="module")
def studio(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.create(video, tmp_path_factory.mktemp("made") / "dance.d2m") as studio:
        yield studio


@pytest.fixture(scope="module")
def first(studio: Studio) -> Take:
    return studio.add_take(QUICK)
