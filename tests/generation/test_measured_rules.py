"""Rules measured on prepared music: what was put in comes out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.bundles.styles import read_styles
from d2m_cli.data.cache.manifest import CachedPiece
from d2m_cli.data.cache.pieces import PieceFile, write_piece
from d2m_cli.generation import measured_rules as rules
from d2m_cli.generation.styles import style_from_audio
from d2m_cli.sketch.drums import render_drums
from d2m_cli.sketch.pitches import LOWEST_PITCH
from d2m_cli.sketch.rules import SCALES, StyleRules
from d2m_cli.spec import DRUM_RATE, SAMPLE_RATE

BPM, BARS, FIRST = 120.0, 12, 0.7
GROOVE = ("X...x...X...x...", "....X.......X..o", "x.x.x.x.x.x.x.x.")
LOUD = {"X": 1.0, "x": 0.6, "o": 0.35, ".": 0.0}


def piece(
    folder: Path, groove: tuple[str, ...] = GROOVE, swing: float = 0.5, scale: str = "dorian"
) -> rules.HeardMusic:
    """A bar again and again, beginning on the second beat, in D."""
    beat = 60.0 / BPM
    beats = FIRST + beat * np.arange(4 * BARS)
    curves = np.zeros((3, round((beats[-1] + 2) * DRUM_RATE)), np.float32)
    for row, pattern in zip(curves, groove, strict=True):
        for bar in range(BARS - 1):
            for step, sign in enumerate(pattern):
                late = (step // 2 + (swing if step % 2 else 0.0)) * beat / 2
                row[round((beats[4 * bar + 1] + late) * DRUM_RATE)] = LOUD[sign]
    steps = np.array(SCALES[scale])
    notes = np.concatenate([[2 + 12], 2 + 24 + steps, 2 + 36 + steps])
    pitch = (notes - LOWEST_PITCH % 12).astype(np.uint8)[:, None].repeat(16 * BARS, 1)
    arrays = {
        "beats": beats.astype(np.float32),
        "drum_onsets": curves.astype(np.float16),
        "partial_pitch": pitch,
        "partial_level": np.ones(pitch.shape, np.float16),
        "partial_phase": np.zeros(pitch.shape, np.float16),
        "tuning": np.zeros(1, np.float32),
    }
    entry = CachedPiece(
        *("a", "a", "train", "", "own", ""), seconds=20.0, holds=tuple(arrays), bpm=BPM
    )
    write_piece(folder, entry, arrays, "here")
    return rules.heard_piece(PieceFile(folder, entry))


def test_the_groove_begins_where_the_bar_does(tmp_path: Path) -> None:
    found = rules._grooves([piece(tmp_path)])
    assert found["snare"] == ["....X.......X..o"]
    assert found["kick"][0][0] == "X" and found["kick"][0][8] == "X"
    assert set(found["hat"][0][::2]) == {"X"} and set(found["hat"][0][1::2]) == {"."}
    assert rules.drum_strength(piece(tmp_path)) == 1.0


def test_onsets_at_any_time_are_no_drums(tmp_path: Path) -> None:
    flat = piece(tmp_path, ("x" * 16,) * 3)
    assert rules.drum_strength(flat) < 0.3 and rules._grooves([flat]) == {}


@pytest.mark.parametrize(("swing", "heard"), [(0.5, 0.5), (2 / 3, 0.66)])
def test_swing_is_heard(tmp_path: Path, swing: float, heard: float) -> None:
    shuffled = piece(tmp_path, ("X.......X.......", "....X.......X...", "xxxxxxxxxxxxxxxx"), swing)
    assert rules._swing([shuffled]) == pytest.approx(heard, abs=0.03)


@pytest.mark.parametrize("scale", list(SCALES))
def test_the_scale_of_the_tones_over_their_bass(tmp_path: Path, scale: str) -> None:
    assert rules.scale_of(piece(tmp_path, scale=scale)) == scale


def test_a_songs_own_drums_become_rules(tmp_path: Path) -> None:
    """As `--style-audio` hears them."""
    made = piece(tmp_path, ("X.......X.......", "....X.......X...", "x.x.x.x.x.x.x.x."))
    samples = int(24 * SAMPLE_RATE)
    sound = render_drums(made.drum_onsets, 0, samples)
    song = tmp_path / "song.wav"
    soundfile.write(song, 0.5 * sound / np.abs(sound).max(), SAMPLE_RATE)
    bundle = load_bundle()
    style = style_from_audio(song, read_styles(), bundle.arrays("styles.safetensors"))
    assert style.name == "song.wav" and style.rules.drums > 0.7
    kick, snare = style.rules.groove["kick"][0], style.rules.groove["snare"][0]
    assert kick[0] in "Xx" and kick[8] in "Xx" and kick[2] == "." == kick[14]
    assert snare[4] in "Xx" and snare[12] in "Xx"
    tone = np.sin(2 * np.pi * 440 * np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE)
    soundfile.write(song, 0.1 * tone, SAMPLE_RATE)
    plain = style_from_audio(song, read_styles(), bundle.arrays("styles.safetensors"))
    assert plain.rules.groove == StyleRules().groove, "no beat to hear"
