"""Songs sound: in time, at their loudness, the same bytes each time; and make a cache."""

from pathlib import Path

import numpy as np
import pytest
from short_songs import SAMPLES, short_song, soundfont

from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import segment_sketch
from d2m_cli.data.pairs.music_crops import MusicCrops, MusicSettings
from d2m_cli.errors import DataError, InputError, OutputError
from d2m_cli.sketch.drums import find_drum_onsets
from d2m_cli.sketch.notes import Part
from d2m_cli.songs.instruments import check_instruments
from d2m_cli.songs.play import play
from d2m_cli.songs.prepare import SongPlan, Studio, plan_songs, prepare_songs
from d2m_cli.songs.synth import RATE
from d2m_cli.spec import DRUM_RATE, SAMPLE_RATE


def test_a_song_sounds_in_time_at_its_loudness_and_the_same_again() -> None:
    import pyloudnorm

    font, song = soundfont(), short_song("house", seed=2)
    sound, again = play(song, font), play(song, font)
    assert sound.mix.tobytes() == again.mix.tobytes()
    assert sound.mix.shape == (2, round(song.seconds * RATE)) and set(sound.stems) == set(Part)
    assert np.abs(sound.mix).max() <= 1.0
    lufs = pyloudnorm.Meter(RATE).integrated_loudness(sound.mix.T)
    assert lufs == pytest.approx(-16.0, abs=1.5)
    onsets = find_drum_onsets(sound.stems[Part.DRUMS].mean(axis=0)[::2])[0]
    times = np.flatnonzero(onsets > 0.5) / DRUM_RATE
    for beat in song.beats[: 4 * 4 + 1]:
        assert np.abs(times - beat).min() < 0.03


def test_one_shots_play_the_drums() -> None:
    font = soundfont()
    if not SAMPLES.is_dir():
        pytest.skip("sonic-pi-samples are not installed")
    song = next(
        song
        for song in (short_song("techno", bars=2, seed=seed) for seed in range(20))
        if play(song, font, SAMPLES).instruments.one_shots
    )
    plain, sampled = (play(song, font, samples).stems[Part.DRUMS] for samples in (None, SAMPLES))
    assert not np.allclose(plain, sampled) and np.abs(sampled).max() > 0.1


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    plans = plan_songs(0.001, 7, ["drum-and-bass"])
    prepare_songs(Studio(folder, (soundfont(),), keep_audio=True), plans)
    return folder


def test_the_cache_is_read_as_any_other_music(cache: Path) -> None:
    (entry,) = read_manifest(cache).entries
    assert (entry.name, entry.style) == ("drum-and-bass_00700000", "drum-and-bass")
    assert entry.steadiness == 0.0 and 166.0 <= (entry.bpm or 0.0) <= 178.0
    file = PieceFile(cache, entry)
    rows = file.whole("notes")
    assert rows.shape[0] == 5 and set(rows[0]) == {0.0, 1.0, 2.0, 3.0}
    assert file.whole("sections")[1, -1] < entry.seconds
    np.testing.assert_allclose(np.diff(file.whole("bars")), 240 / (entry.bpm or 0.0), rtol=1e-3)
    sound, drums = segment_sketch(file, 20.0, 2.0, np.random.default_rng(0), (True, True))
    assert len(sound) == 2 * SAMPLE_RATE and drums.max() > 0.3 and 0.01 < sound.std() < 0.5
    crops = MusicCrops(MusicSettings(cache), (entry.split,))
    drawn = crops.draw(2, SAMPLE_RATE, (0.3, 0.9), np.random.default_rng(0))
    assert drawn.shape == (2, SAMPLE_RATE)
    kept = sorted(path.name for path in (cache / "songs" / entry.name).iterdir())
    assert kept == [
        "bass.flac",
        "chords.flac",
        "drums.flac",
        "melody.flac",
        "mix.flac",
        "score.mid",
    ]


def test_a_run_goes_on_where_it_stopped(cache: Path, tmp_path: Path) -> None:
    plans = plan_songs(0.001, 7, ["drum-and-bass"])
    path = cache / "pieces" / f"{plans[0].name}.safetensors"
    before = path.stat().st_mtime_ns
    prepare_songs(Studio(cache, (soundfont(),)), plans)
    assert path.stat().st_mtime_ns == before


def test_the_same_seed_gives_the_same_bytes(cache: Path, tmp_path: Path) -> None:
    plans = plan_songs(0.001, 7, ["drum-and-bass"])
    prepare_songs(Studio(tmp_path, (soundfont(),)), plans)
    first, again = ((f / "pieces" / f"{plans[0].name}.safetensors") for f in (cache, tmp_path))
    assert first.read_bytes() == again.read_bytes()


def test_songs_are_planned_evenly_and_more_hours_extend_them() -> None:
    few, more = plan_songs(0.2, 1), plan_songs(0.9, 1)
    assert more[: len(few)] == few and sum(plan.seconds for plan in few) >= 720.0
    styles = [plan.style for plan in more]
    assert max(map(styles.count, styles)) - min(map(styles.count, styles)) <= 1


@pytest.mark.parametrize(
    ("hours", "styles", "message"),
    [
        (0.0, [], "ask for more than 0"),
        (float("inf"), [], "ask for more than 0"),
        (1.0, ["polka"], "no rules for 'polka'"),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(
    hours: float, styles: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        plan_songs(hours, 0, styles)


def test_a_style_without_instruments_is_one_sentence() -> None:
    with pytest.raises(DataError, match="'polka' has no instruments"):
        check_instruments(["polka"])


def test_what_is_no_soundfont_or_has_no_samples_is_refused_at_once(tmp_path: Path) -> None:
    plan = [SongPlan("a", "house", 0, 60.0)]
    wrong = tmp_path / "wrong.sf2"
    wrong.write_bytes(b"RIFF    WAVE")
    for path, message in ((wrong, "is no soundfont"), (tmp_path / "none.sf2", "cannot be read")):
        with pytest.raises(InputError, match=message):
            prepare_songs(Studio(tmp_path / "out", (path,)), plan)
    with pytest.raises(InputError, match="has no sample"):
        prepare_songs(Studio(tmp_path / "out", (soundfont(),), tmp_path), plan)
    assert not (tmp_path / "out").exists()
    wrong.write_bytes(b"RIFF    sfbk" + bytes(64))
    with pytest.raises(InputError, match="is no soundfont"):
        prepare_songs(Studio(tmp_path / "out", (wrong,)), plan)


def test_a_place_that_cannot_be_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    plans = plan_songs(0.001, 7, ["drum-and-bass"])
    blocked = tmp_path / "pieces" / f"{plans[0].name}.safetensors"
    (blocked / "in the way").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be written"):
        prepare_songs(Studio(tmp_path, (soundfont(),)), plans)
    assert [path.name for path in tmp_path.rglob("*")] == ["pieces", blocked.name, "in the way"]
