"""Training segments: exact, repeatable, resumable, the same for any number of processes."""

from pathlib import Path

import numpy as np
import pytest
from data_trees import body25, write_dance, write_music

from d2m_cli.data.cache.manifest import CachedPiece, read_manifest
from d2m_cli.data.cache.prepare import prepare
from d2m_cli.data.pairs.augment import Augmentation
from d2m_cli.data.pairs.dataset import PairDataset, Sample, SegmentDataset, SegmentSettings
from d2m_cli.data.pairs.segments import SegmentTable, own_draws
from d2m_cli.errors import DataError
from d2m_cli.features.motion import JOINTS, joint_positions, joint_speed
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import Motion

STILL = Augmentation(
    mirror=0.0, yaw=0.0, pitch=0.0, noise=0.0, limb_loss=0.0, frame_loss=0.0, crop=0.0
)
TRAIN = SegmentSettings(seconds=3.0, seed=7)


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Music at 100 and 126 bpm, dances at 96 and 120 bpm; all for training."""
    root = tmp_path_factory.mktemp("caches")
    records = []
    for name, bpm in (("slow", 100.0), ("fast", 126.0)):
        write_music(root / f"music_in/{name}.wav", bpm, seconds=12.0, first=0.23)
        records.append(f'{{"file": "{name}.wav", "split": "train", "style": "{name}"}}')
    (root / "music_in/manifest.json").write_text(f"[{','.join(records)}]")
    for name, bpm in (("one", 96.0), ("two", 120.0)):
        write_dance(root / "dances_in", name, bpm, seconds=14.0)
    (root / "dances_in/split.json").write_text('{"train": ["one", "two"]}')
    prepare("music", root / "music_in", root / "music")
    prepare("motion", root / "dances_in", root / "dances")
    return root / "music", root / "dances"


def equal(one: Sample, two: Sample) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one[:-1], two[:-1], strict=True)) and (
        one.segment == two.segment
    )


def test_what_a_segment_holds(caches: tuple[Path, Path]) -> None:
    data = PairDataset(*caches, TRAIN)
    shapes = {name: part.shape for name, part in data[0]._asdict().items() if name != "segment"}
    assert shapes == {
        "motion": (53, 90),
        "visual": (256, 6),
        "audio": (3 * SAMPLE_RATE,),
        "phase": (90,),
        "confidence": (90,),
    }
    assert not data.has_visual
    for number in range(20):
        sample = data[number]
        assert all(np.isfinite(part).all() for part in sample[:-1])
        assert not sample.visual.any()
        assert 0 <= sample.segment.begin <= (12 - 3) * MOTION_RATE


def test_the_dancer_rests_on_the_beats_of_the_music(caches: tuple[Path, Path]) -> None:
    data = PairDataset(*caches, SegmentSettings(seconds=3.0, seed=1, augmentation=STILL))
    errors = []
    for number in range(30):
        sample = data[number]
        positions = joint_positions(Motion(sample.motion, np.ones(90, bool), 30.0))
        speed = joint_speed(positions, MOTION_RATE)
        rests = [i for i in range(2, 88) if speed[i] == speed[i - 2 : i + 3].min()]
        beats = sample.phase[rests]
        step = np.gradient(sample.phase)[rests]
        errors += list(np.abs(beats - np.round(beats)) / step)
    assert len(errors) > 100
    # The swing's turning points are on the beat; one step is 33 ms.
    assert np.median(errors) <= 1.0


def test_audio_and_rhythm_are_of_the_same_stretch(caches: tuple[Path, Path]) -> None:
    data = PairDataset(*caches, TRAIN)
    for number in range(10):
        sample = data[number]
        clicks = np.abs(sample.audio) > 0.15
        onset = int(np.argmax(clicks)) / SAMPLE_RATE
        if onset > 0.1:
            phase = np.interp(onset, np.arange(90) / MOTION_RATE, sample.phase)
            assert abs(phase - round(phase)) < 0.1


def test_a_draw_is_always_the_same(caches: tuple[Path, Path]) -> None:
    first, again = (PairDataset(*caches, TRAIN) for _ in range(2))
    backwards = [again[number] for number in reversed(range(12))][::-1]
    assert all(equal(first[number], backwards[number]) for number in range(12))
    other = PairDataset(*caches, SegmentSettings(seconds=3.0, seed=8))
    assert not all(equal(first[number], other[number]) for number in range(12))


def test_an_epoch_visits_every_part_once() -> None:
    entries = [
        CachedPiece(name, name, "train", "", "", "", seconds, ("audio",))
        for name, seconds in (("a", 10.0), ("b", 2.0), ("c", 1.0))
    ]
    table = SegmentTable(entries, seconds=2.0, seed=0)
    assert len(table) == 6
    for epoch in range(3):
        drawn = [table.draw(epoch * 6 + place) for place in range(6)]
        begins = sorted(segment.begin for segment in drawn if segment.piece == 0)
        assert len(begins) == 5 and sum(segment.piece == 1 for segment in drawn) == 1
        parts = [int(begin // (241 / 5)) for begin in begins]
        assert parts == [0, 1, 2, 3, 4] and begins[-1] <= 240
    orders = {tuple(table.draw(e * 6 + p).piece for p in range(6)) for e in range(8)}
    assert len(orders) > 1
    with pytest.raises(DataError, match="as long as a segment"):
        SegmentTable(entries, seconds=20.0, seed=0)


def test_processes_share_the_draws_of_one() -> None:
    for step in range(3):
        joined = [draw for rank in range(3) for draw in own_draws(step, 2, rank, world=3)]
        assert joined == list(own_draws(step, 6))
    assert [draw for step in range(3) for draw in own_draws(step, 6)] == list(range(18))


def test_dances_with_their_own_music(caches: tuple[Path, Path]) -> None:
    data = SegmentDataset(caches[1], SegmentSettings(augmentation=None))
    sample = data[3]
    assert sample.motion.shape == (53, 60) and sample.audio.shape == (2 * SAMPLE_RATE,)
    visibility = sample.motion[2 * len(JOINTS) : 3 * len(JOINTS)]
    assert visibility.min() > 0.5
    assert equal(sample, data[3])


def test_keypoints_in_the_plane_train_as_well(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "motion").mkdir(parents=True)
    np.save(root / "motion/000001_4_9.npy", body25(6.0))
    write_music(root / "audio/000001_4_9.wav", seconds=6.0)
    (root / "train.txt").write_text("000001_4_9")
    prepare("tiktok", root, tmp_path / "cache")
    plain = SegmentDataset(tmp_path / "cache", SegmentSettings(augmentation=None))[0]
    turned = SegmentDataset(
        tmp_path / "cache",
        SegmentSettings(augmentation=Augmentation(1.0, noise=0, limb_loss=0, frame_loss=0, crop=0)),
    )[0]
    places = list(JOINTS)
    left, right = places.index("left_wrist"), places.index("right_wrist")
    np.testing.assert_allclose(turned.motion[left], -plain.motion[right], atol=1e-4)


def test_only_what_is_fit_is_drawn(caches: tuple[Path, Path]) -> None:
    music, dances = caches
    with pytest.raises(DataError, match="'test'"):
        PairDataset(music, dances, SegmentSettings(split="test"))
    with pytest.raises(DataError, match="'train'"):
        PairDataset(music, dances, SegmentSettings(seconds=60.0))
    without = PairDataset(music, dances, SegmentSettings(without=("fa*",)))
    assert [entry.name for entry in without.entries] == ["slow"]
    assert all(entry.steadiness is not None for entry in read_manifest(music).entries)
    with pytest.raises(DataError):
        PairDataset(music, dances, SegmentSettings(max_unsteadiness=0.0))
