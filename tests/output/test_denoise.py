import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from project import ROOT

from d2m_cli.output.denoise import BLOCK, denoise, gate
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray


def hiss_and_beats(seconds: float) -> FloatArray:
    """Loud chords on every half second over steady hiss."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330)) * np.exp(-(t % 0.5) * 12)
    hiss = 0.01 * np.random.default_rng(0).standard_normal(len(t))
    return (0.2 * chord + hiss).astype(np.float32)


def test_hiss_between_the_beats_drops_and_the_beats_stay() -> None:
    wave = hiss_and_beats(8)
    gated = gate(wave)
    before_a_beat = np.arange(len(wave)) / SAMPLE_RATE % 0.5 > 0.4
    drop = np.std(gated[before_a_beat]) / np.std(wave[before_a_beat])
    kept = np.std(gated[~before_a_beat]) / np.std(wave[~before_a_beat])
    assert drop < 0.9 * kept
    assert kept > 0.88


def test_blocks_leave_no_seam_and_keep_the_length(tmp_path: Path) -> None:
    wave = hiss_and_beats(2.2 * BLOCK / SAMPLE_RATE)
    raw, clean = tmp_path / "raw.wav", tmp_path / "clean.wav"
    soundfile.write(raw, wave, SAMPLE_RATE, subtype="FLOAT")
    told: list[tuple[float, float]] = []
    denoise(raw, clean, lambda step, done, total: told.append((done, total)))
    joined, _ = soundfile.read(clean, dtype="float32")
    assert len(joined) == len(wave)
    assert told[-1] == (len(wave), len(wave)) and len(told) == 3
    # The clicks of a seam would stand out in the second difference of what was taken away.
    edges = np.abs(np.diff(joined - gate(wave), 2))
    for join in (BLOCK, 2 * BLOCK):
        assert edges[join - 500 : join + 1000].max() <= np.quantile(edges, 0.9999) * 2


def test_silence_and_odd_lengths(tmp_path: Path) -> None:
    assert np.abs(gate(np.zeros(44100, np.float32))).max() < 1e-6
    for length in (100, 12345, 44101):
        gated = gate(hiss_and_beats(2.1)[:length])
        assert gated.shape == (length,)
        assert np.isfinite(gated).all()


def test_nothing_is_printed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "raw.wav", hiss_and_beats(1), SAMPLE_RATE)
    code = (
        "import sys; from pathlib import Path; from d2m_cli.output.denoise import denoise\n"
        "denoise(Path(sys.argv[1]) / 'raw.wav', Path(sys.argv[1]) / 'clean.wav')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
