"""A finished piece of music, and how it is saved."""

from __future__ import annotations

import base64
import html
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.output.checks import CONTAINERS, SOUND_SUFFIXES, check_output
from d2m_cli.output.mux import mux
from d2m_cli.output.sound import write_sound
from d2m_cli.sketch.arrangement import Arrangement
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis, Clip, Dance, FloatArray, Rhythm


@dataclass(frozen=True)
class Track:
    """New music for a dance video, with what was measured while it was made."""

    path: Path = field(repr=False)
    """WAV, mono, 16 bits, `SAMPLE_RATE`; it lasts as long as this object."""
    level: Level
    style: str
    """Name of the style, or of the file that it was taken from."""
    seed: int
    analysis: Analysis = field(repr=False)
    """The dance that the music is for, as it was read from its video."""
    rhythm: Rhythm = field(repr=False)
    """The grid that the music lies on: the dance's, unless another tempo was asked for."""
    arrangement: Arrangement | None = field(repr=False)
    """Key, beats, sections and chords; None for a model that writes no score."""
    style_why: str = field(default="", repr=False)
    """What the style was picked by, where none was asked for."""
    timings: dict[str, float] = field(default_factory=dict, repr=False)
    """Seconds spent in each step."""
    folder: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)
    """Removed with `path` when nobody holds the track any more."""

    def _repr_html_(self) -> str:
        """A player, as a notebook shows it."""
        sound = base64.b64encode(self.path.read_bytes()).decode()
        player = f'<audio controls src="data:audio/wav;base64,{sound}"></audio>'
        return f"{html.escape(repr(self))}<br>{player}"

    @property
    def meter(self) -> int:
        """Beats in a bar of the music."""
        if self.arrangement is None or len(self.arrangement.downbeats) < 2:
            return self.rhythm.meter
        begin, end = self.arrangement.downbeats[:2]
        return sum(begin <= beat < end for beat in self.arrangement.beats)

    @property
    def dance(self) -> Dance:
        """The dance that the music is for."""
        return self.analysis.dance

    @property
    def clip(self) -> Clip:
        """The video, or the part of it. Raises `InputError` for a dance without one."""
        if self.analysis.clip is None:
            raise InputError(
                f"This dance has no video: save its music, as {', '.join(SOUND_SUFFIXES)}."
            )
        return self.analysis.clip

    @property
    def seconds(self) -> float:
        """Length of the music, which is that of the dance."""
        return self.dance.seconds

    @property
    def rate(self) -> int:
        """Samples per second of `samples`."""
        return SAMPLE_RATE

    @property
    def samples(self) -> FloatArray:
        """The music `(N,)`, mono, -1..1, at `rate`."""
        samples, _ = soundfile.read(self.path, dtype="float32")
        return np.asarray(samples, dtype=np.float32)

    @property
    def beats(self) -> NDArray[np.float64]:
        """`(B,)` seconds of the music's beats."""
        return self.rhythm.beats

    @property
    def tempo(self) -> float:
        """Mean beats per minute of the music."""
        return self.rhythm.bpm

    def save(
        self, path: str | Path, overwrite: bool = False, mix: float = 0.0, finish: bool = True
    ) -> Path:
        """Write the video with the new music, or the music alone; the suffix of `path` decides.

        Args:
            path: .mp4, .m4v, .mov, .mkv, .webm or .avi for the video; .wav, .mp3, .m4a, .flac,
                .ogg or .opus for the music.
            overwrite: replace a file that exists.
            mix: 0..1, amplitude of the video's old sound under the new music.
            finish: give the music the band above 11 kHz and two sides.

        Raises:
            OutputError: the file exists, cannot be written or cannot hold the video's picture.
            InputError: `mix` is not in 0..1, or the dance has no video to be written.
        """
        if not 0.0 <= mix <= 1.0:
            raise InputError(f"mix is {mix:g}: give a number from 0 to 1.")
        out, clip = Path(path), self.analysis.clip
        if out.suffix.lower() in SOUND_SUFFIXES:
            check_output(clip.path if clip else self.path, out, overwrite, SOUND_SUFFIXES)
            write_sound(self.path, out, finish)
        else:
            copied = self.clip.start == 0
            check_output(self.clip.path, out, overwrite, CONTAINERS, copied)
            mux(self.clip, self.path, out, mix, finish)
        return out
