"""A song that sounds -> the arrays of a cached piece (`docs/data.md`)."""

from dataclasses import replace
from zlib import crc32

import numpy as np
from numpy.random import Generator
from scipy.signal import resample_poly

from d2m_cli.data.cache.music_beats import music_rhythm
from d2m_cli.data.cache.pieces import Arrays
from d2m_cli.data.cache.sketches import sketch_arrays
from d2m_cli.data.cache.style_windows import STYLES, styles_of
from d2m_cli.features.style import octave_balance, style_vector
from d2m_cli.pcm import to_float, to_int16
from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.humanise import loosened, to_partials, varied
from d2m_cli.sketch.levels import levels, onset_strengths
from d2m_cli.sketch.notes import Part
from d2m_cli.sketch.partials import sixteenths, with_phases_of
from d2m_cli.sketch.pitches import octave_edges
from d2m_cli.songs.song import KINDS, Song
from d2m_cli.songs.synth import RATE
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import FloatArray

PARTS = tuple(Part)
SECTIONS = tuple(KINDS)


def song_arrays(song: Song, mix: FloatArray, from_notes: bool) -> Arrays:
    """Arrays of a song with its `mix` `(2, N)` at `synth.RATE`.

    The sketch is that of its notes, as one that is composed for a dance, or what analysis hears in
    the sound, as with any other music. Beats, bars, notes and sections are those of the score.
    """
    audio = to_int16(resample_poly(mix.mean(axis=0), SAMPLE_RATE, RATE))
    wave = to_float(audio)
    rhythm = music_rhythm(wave, song.beats)
    steps = int(len(wave) / SAMPLE_RATE * MOTION_RATE)
    random = np.random.default_rng((song.seed, crc32(song.style.encode()), 3))
    sketch = notes_sketch(song, wave, random) if from_notes else sketch_arrays(wave, song.beats)
    return {
        "audio": audio,
        "beats": rhythm.beats.astype(np.float32),
        "phase": rhythm.phase[:steps],
        "confidence": rhythm.confidence[:steps],
        "bars": rhythm.beats[:: song.score.rules.meter].astype(np.float32),
        "notes": note_rows(song),
        "sections": section_rows(song),
        STYLES: styles_of(audio),
        **sketch,
    }


def notes_sketch(song: Song, wave: FloatArray, random: Generator) -> Arrays:
    """The arrays of `sketches.HOLDS` from the notes of a song that sounds as `wave` `(N,)`.

    Balance and phases are those of the sound.
    """
    score = song.score
    low, *rest = octave_balance(style_vector(wave), octave_edges()).tolist()
    score = replace(score, rules=varied(score.rules, random))
    middles = sixteenths(song.beats)
    written = to_partials(levels(score), middles, (low, *rest), random)
    partials = with_phases_of(written, wave)
    times = np.array([song.time(note.start) for note in score.notes])
    placed = place_drum_onsets(times, onset_strengths(score), song.seconds)
    drum_onsets = loosened(placed, float(np.median(np.diff(middles))), random)
    return {
        "partial_pitch": partials.pitch.T,
        "partial_level": partials.level.T.astype(np.float16),
        "partial_phase": partials.phase.T.astype(np.float16),
        "tuning": np.array([partials.tuning], np.float32),
        "drum_onsets": drum_onsets.astype(np.float16),
    }


def note_rows(song: Song) -> FloatArray:
    """Part (its number in `PARTS`), start and end in seconds, pitch, velocity: `(5, N)`."""
    rows = [
        (PARTS.index(part), song.time(start), song.time(start + length), pitch, velocity)
        for part, start, length, pitch, velocity in song.score.notes
    ]
    return np.array(rows, np.float32).T


def section_rows(song: Song) -> FloatArray:
    """Start and end in seconds, and the section's number in `SECTIONS`: `(3, N)`."""
    rows = [(part.start, part.end, SECTIONS.index(part.name)) for part in song.sections]
    return np.array(rows, np.float32).T
