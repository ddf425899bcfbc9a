"""Rows that belong in every table, made from the dances themselves.

Convention: a baseline is a system like any other, so that every measure is taken of it in the same
way. *GT* is the music that the dance was danced to; *other clip* gives each dance the piece that a
system made for the next one; *clicks on the dance* puts a click on every kinematic beat (the
highest lift, no music), *steady clicks* one on every beat of the estimated rhythm; *nearest tempo*
is what a user could do without this project: the track of a library whose tempo is nearest to the
dance's, begun where its beats meet the dance best; *rendered score* is the score behind the
generated music, played by a soundfont without any network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from d2m_cli.metrics.alignment import beat_alignment_score
from d2m_cli.metrics.onsets import Times, onset_curve, track_beats
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Events, FloatArray

GT = "GT"
RECONSTRUCTION = "codec reconstruction"
RANDOM_CODES = "random codes"
CLICKS = "clicks on the dance"
STEADY = "steady clicks"
NEAREST = "nearest tempo"
RENDERED = "rendered score"


@dataclass(frozen=True)
class EvaluatedDance:
    """A dance as evaluation needs it: its beats, and the music it was danced to."""

    name: str
    seconds: float
    beats: Times
    """Kinematic beats `(K,)` in seconds."""
    pulse: Times
    """Beats `(B,)` of the estimated steady rhythm in seconds."""
    genre: str = ""
    reference: FloatArray | None = None
    """The music it was danced to, `(N,)` at `SAMPLE_RATE`."""
    energy: FloatArray | None = None
    """How lively it is, `(T,)` 0..1 at `MOTION_RATE`."""
    events: Events = field(default_factory=Events)


@dataclass(frozen=True)
class System:
    """Music of one maker for several dances."""

    name: str
    pieces: Mapping[str, Sequence[FloatArray]]
    """By dance: one piece `(N,)` for each seed. The first is scored, the others show diversity."""


@dataclass(frozen=True)
class LibraryTrack:
    """A piece of a music library, with its beats."""

    samples: FloatArray
    tempo: float
    """Beats per minute."""
    beats: Times

    @classmethod
    def of(cls, samples: FloatArray) -> "LibraryTrack":
        """Track of music `(N,)` at `SAMPLE_RATE`."""
        tempo, beats = track_beats(onset_curve(samples, "median"))
        return cls(samples, tempo, beats)


def references(dances: Sequence[EvaluatedDance]) -> System:
    """The music the dances were danced to."""
    return System(GT, {d.name: [d.reference] for d in dances if d.reference is not None})


def reconstructions(
    dances: Sequence[EvaluatedDance], reconstruct: Callable[[FloatArray], FloatArray]
) -> System:
    """The references through the codec and back."""
    pieces = references(dances).pieces
    return System(RECONSTRUCTION, {name: [reconstruct(p[0])] for name, p in pieces.items()})


def random_codes(
    dances: Sequence[EvaluatedDance], decode: Callable[[float, int], FloatArray]
) -> System:
    """Random codes through the decoder; `decode` takes seconds and a seed."""
    return System(
        RANDOM_CODES, {d.name: [decode(d.seconds, number)] for number, d in enumerate(dances)}
    )


def other_clip(system: System) -> System:
    """Each dance with the first piece that `system` made for the next dance."""
    names = list(system.pieces)
    shifted = zip(names, names[1:] + names[:1], strict=True)
    pieces = {name: system.pieces[other][:1] for name, other in shifted}
    return System(f"{system.name}, other clip", pieces if len(names) > 1 else {})


def clicks_on_dance(dances: Sequence[EvaluatedDance]) -> System:
    """A click on every kinematic beat."""
    return System(CLICKS, {d.name: [click_track(d.beats, d.seconds)] for d in dances})


def steady_clicks(dances: Sequence[EvaluatedDance]) -> System:
    """A click on every beat of the estimated rhythm."""
    return System(STEADY, {d.name: [click_track(d.pulse, d.seconds)] for d in dances})


def nearest_tempo(dances: Sequence[EvaluatedDance], library: Sequence[LibraryTrack]) -> System:
    """The library's track nearest in tempo, at its best phase; dances without rhythm get none."""
    pieces = {d.name: [lay_under(d, library)] for d in dances if len(d.pulse) > 1 and library}
    return System(NEAREST, pieces)


def click_track(times: Times, seconds: float) -> FloatArray:
    """Samples `(N,)` at `SAMPLE_RATE` of clicks (1 kHz, 0.1 s) at `times` `(B,)` in seconds."""
    from d2m_cli.librosa_lock import librosa

    length = round(seconds * SAMPLE_RATE)
    inside = times[(times >= 0) & (times < seconds)]
    if not len(inside):
        return np.zeros(length, dtype=np.float32)
    return librosa.clicks(times=inside, sr=SAMPLE_RATE, length=length).astype(np.float32)


def lay_under(dance: EvaluatedDance, library: Sequence[LibraryTrack]) -> FloatArray:
    """Samples `(N,)` of the track nearest in tempo, from where its beats meet the dance best.

    Starts: each of the track's beats in turn lies on the first beat of the dance's pulse.
    """
    tempo = 60.0 / float(np.median(np.diff(dance.pulse)))
    track = min(library, key=lambda track: abs(np.log2(max(track.tempo, 1.0) / tempo)))
    last = len(track.samples) / SAMPLE_RATE - dance.seconds
    starts = track.beats - dance.pulse[0]
    starts = starts[(starts >= 0) & (starts <= last)]
    start = max(starts, key=lambda s: _fit(dance, track.beats - s), default=0.0)
    first = round(start * SAMPLE_RATE)
    return track.samples[first : first + round(dance.seconds * SAMPLE_RATE)]


def _fit(dance: EvaluatedDance, beats: Times) -> float:
    inside = beats[(beats >= 0) & (beats < dance.seconds)]
    return beat_alignment_score(dance.beats, inside) or 0.0
