"""A song of a few bars, and what it can be played with on this machine."""

from pathlib import Path

import numpy as np
import pytest

from d2m_cli.sketch.compose import compose
from d2m_cli.sketch.plan import Plan
from d2m_cli.sketch.score import Section
from d2m_cli.songs.song import Song
from d2m_cli.songs.styles import song_styles
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

SAMPLES = Path("/usr/share/sonic-pi/samples")


def short_song(style: str, bars: int = 4, seed: int = 0) -> Song:
    """A drop of a few bars and a last chord."""
    entry = song_styles()[style]
    bar = entry.rules.meter * SIXTEENTHS_PER_BEAT
    lively = np.ones(bars * bar + bar)
    plan = (Section("drop", 0, bars),)
    score = compose(Plan(plan), lively, entry.rules, np.random.default_rng(seed), close=bars * bar)
    return Song(style, seed, float(np.mean(entry.tempo)), 0.1, plan, score)


def soundfont() -> Path:
    """A soundfont of this machine; the test is skipped where there is none, or no FluidSynth."""
    pytest.importorskip("fluidsynth", reason="pyfluidsynth or FluidSynth is not installed")
    pytest.importorskip("pedalboard", reason="the extra `songs` is not installed")
    folder = Path("/usr/share/sounds")
    found = sorted([*folder.glob("sf2/*.sf2"), *folder.glob("sf3/*.sf3")])
    if not found:
        pytest.skip("no soundfont lies in /usr/share/sounds")
    return found[0]
