"""A batch watches the next video while it composes, and makes what single runs make."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.cli.generate.plan import Job
from d2m_cli.cli.generate.watching import WatchingAhead, watch
from d2m_cli.cli.options import MusicOptions
from d2m_cli.errors import NoDancerError
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.progress import silent
from d2m_cli.spec import Level

WORDS = ["--level", "high", "--quality", "draft", "--audio-only", "--no-cache", "--json"]


def test_a_batch_makes_what_single_runs_make(dance_clips: dict[str, Path], tmp_path: Path) -> None:
    single, batch = tmp_path / "single", tmp_path / "batch"
    for video in dance_clips.values():
        done = CliRunner().invoke(app, ["generate", str(video), "-o", f"{single}/", *WORDS])
        assert done.exit_code == 0, done.output
    videos = [str(video) for video in dance_clips.values()]
    done = CliRunner().invoke(app, ["generate", *videos, "-o", f"{batch}/", *WORDS])
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)) == 2
    names = sorted(file.name for file in single.iterdir())
    assert names == sorted(file.name for file in batch.iterdir())
    assert all((single / name).read_bytes() == (batch / name).read_bytes() for name in names)


def test_the_next_one_is_watched_early_and_its_error_waits_for_its_turn(
    dance_clips: dict[str, Path], clip_3s: Path
) -> None:
    maker, music = Dance2Music.from_bundle(), MusicOptions(level=Level.HIGH, cache=False)
    jobs = [Job(video, (), None) for video in (*dance_clips.values(), clip_3s)]
    with closing(WatchingAhead(jobs)) as watching:
        for job in jobs[:2]:
            seen = watching.watch(maker, job, music, silent)
            plain = watch(maker, job, music, silent)
            assert seen.clip == plain.clip
            assert (seen.analysis.dance.rhythm.phase == plain.analysis.dance.rhythm.phase).all()
            assert set(watching._begun) == {jobs[jobs.index(job) + 1]}
        with pytest.raises(NoDancerError):
            watching.watch(maker, jobs[2], music, silent)
