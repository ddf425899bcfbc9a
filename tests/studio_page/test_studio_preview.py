"""Videos that browsers do not play get a copy that they do."""

from pathlib import Path

import av
import pytest

from d2m_cli.errors import Cancelled
from d2m_cli.ingest.probe import probe
from d2m_cli.studio_page import preview


def wanted() -> bool:
    return False


def test_a_video_that_browsers_play_is_itself_played(clip_3s: Path, tmp_path: Path) -> None:
    preview.prepare(probe(clip_3s), tmp_path, wanted)
    assert preview.played(clip_3s, tmp_path) == clip_3s and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("start", "end"), [(0.0, None), (0.5, 1.5)])
def test_another_gets_a_copy_of_the_same_pictures(
    clip_3s: Path, tmp_path: Path, run_ffmpeg, start: float, end: float | None
) -> None:
    video = tmp_path / "old.avi"
    run_ffmpeg("-i", clip_3s, "-c:v", "mpeg4", "-q:v", "2", "-c:a", "mp3", video)
    clip = probe(video, start, end)
    preview.prepare(clip, tmp_path, wanted)
    copy = preview.played(video, tmp_path)
    with av.open(str(copy)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264" and container.streams.audio
        pictures = list(container.decode(stream))
    assert len(pictures) == pytest.approx(clip.seconds * 30, abs=1)
    with av.open(str(video)) as container:
        old = list(container.decode(video=0))
    first = old[round(start * 30)].to_ndarray(format="gray").astype(float)
    apart = abs(pictures[0].to_ndarray(format="gray") - first).mean()
    later = abs(pictures[15].to_ndarray(format="gray") - first).mean()
    assert apart < 2 < later, "the copy begins with the first picture"


def test_a_copy_is_whole_or_not_there(clip_3s: Path, tmp_path: Path) -> None:
    video = tmp_path / "old.mkv"
    video.write_bytes(clip_3s.read_bytes())
    with pytest.raises(Cancelled):
        preview.prepare(probe(video), tmp_path, lambda: True)
    assert list(tmp_path.iterdir()) == [video]
