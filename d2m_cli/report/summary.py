"""What `d2m generate` knows of finished pieces: records, warnings, a line each for many."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from d2m_cli.spec import BEATS_PER_BAR
from d2m_cli.types import Followed

MIN_CONFIDENCE, MIN_PROBABILITY = 0.5, 0.5
"""Confidence of the tempo or an octave of it, and probability of the tempo itself, from which on it
is sure."""

GUESS = 0.1
"""Confidence below which the tempo is a guess that deserves a warning."""

SAME_TEMPO = 0.04
"""Relative distance up to which two tempos are one."""

SHORT_SECONDS = 4.0
_TOLD_SECONDS = 0.05
MIN_FOUND = 0.8
"""Dances that are shorter, or show the dancer less, get a warning."""


@dataclass(frozen=True)
class Summary:
    """Facts of one generated piece; times in seconds, tempo in beats per minute."""

    video: str
    out: str
    duration: float
    dancer_found: float
    """Share of the pictures in which the dancer was seen, 0..1."""
    dance_tempo: float
    """The dance's own, whatever tempo is asked for."""
    dance_tempo_candidates: list[tuple[float, float]]
    """Tempos that the dance may have, likeliest first, each with its probability 0..1."""
    dance_confidence: float
    """How sure the tempo, its half or its double is, 0..1; low where nobody moves."""
    music_tempo: float
    """Of the beat grid that the music is made on."""
    level: str
    style: str
    seed: int
    left_out: list[str]
    """What of the video did not come along into the output, one short phrase each."""
    stages: dict[str, float]
    beats: list[float]
    """Seconds of the music's beats."""
    style_why: str = ""
    """What the style was picked by, where none was asked for."""
    arrangement: Mapping[str, Any] = field(default_factory=dict)
    """Key, downbeats, sections and chords of the music, where they are known."""
    events: Mapping[str, Any] = field(default_factory=dict)
    """What happens in the dance, by kind, in seconds."""
    mix: float = 0.0
    """Amplitude of the old sound under the music, 0..1."""
    followed: Followed | None = None
    """Who of the people in the video was followed; None where no video was looked at."""
    dance_meter: int = BEATS_PER_BAR
    """Beats in a bar of the dance, 3 or 4."""
    dancer_chosen: bool = False
    """Whether the user said which of the people is the dancer."""
    seconds_missing: float = 0.0
    """How much earlier the dance ends than the part that was asked for."""

    @property
    def is_sure(self) -> bool:
        """Whether the dance shows one tempo clearly, for long enough."""
        likely = self.dance_tempo_candidates[0][1] if self.dance_tempo_candidates else 0.0
        return (
            self.duration >= SHORT_SECONDS
            and self.dance_confidence >= MIN_CONFIDENCE
            and likely >= MIN_PROBABILITY
        )

    @property
    def alternatives(self) -> list[float]:
        """The tempos that an unsure dance may have instead, likeliest first."""
        if self.is_sure:
            return []
        return [
            bpm
            for bpm, _ in self.dance_tempo_candidates
            if abs(bpm / self.dance_tempo - 1.0) > SAME_TEMPO
        ]

    @property
    def warnings(self) -> list[str]:
        """What may spoil the piece, and what to do about it, a sentence each."""
        found = []
        if self.duration < SHORT_SECONDS:
            found.append(
                f"The dance lasts {self.duration:.1f} s: below {SHORT_SECONDS:g} s its tempo is "
                "hardly to be read, so give --tempo if you know it."
            )
        elif self.dance_confidence < GUESS:
            found.append(
                f"The dance hardly shows a pulse (confidence {self.dance_confidence:.2f}): give "
                "--tempo, or a part with clear moves with --start and --end."
            )
        if self.seconds_missing > _TOLD_SECONDS:
            found.append(
                f"The dance ends {self.seconds_missing:.2f} s before --end: so does the music."
            )
        if self.dancer_found < MIN_FOUND:
            found.append(
                f"The dancer was found in {100 * self.dancer_found:.0f} % of the pictures only: "
                "use a video in which the whole body is seen."
            )
        if self.is_group and not self.dancer_chosen and self.followed:
            found.append(
                f"The video shows {len(self.followed.shares)} people: the music follows number "
                f"{self.followed.dancer + 1} from the left, who moves most; another with --dancer."
            )
        return found

    @property
    def is_group(self) -> bool:
        """Whether several people were seen."""
        return self.followed is not None and len(self.followed.shares) > 1

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        record = asdict(self)
        del record["followed"], record["dancer_chosen"], record["seconds_missing"]
        if self.followed:
            shares = [round(share, 3) for share in self.followed.shares]
            record |= {"people_found": shares, "dancer": self.followed.dancer + 1}
        return {
            **record.pop("arrangement"),
            **record,
            "dance_tempo_sure": self.is_sure,
            "dance_tempo_alternatives": self.alternatives,
            "warnings": self.warnings,
        }


@dataclass(frozen=True)
class Failure:
    """A video that got no music, and why."""

    video: str
    error: str

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def piece_line(summary: Summary) -> str:
    """One line for one piece among several."""
    took = sum(summary.stages.values())
    return (
        f"{summary.out}: {summary.style}, seed {summary.seed}, {summary.music_tempo:.0f} bpm, "
        f"{summary.duration:.1f} s of music in {took:.1f} s"
    )


def closing_line(count: int, failures: Sequence[Failure], what: str = "videos") -> str:
    """The last line of a batch: how many of them are done, and which failed and why."""
    line = f"{count - len(failures)} of {count} {what} done"
    reasons = [f"{Path(f.video).name}, because {_reason(f)}" for f in failures]
    return f"{line}; failed: {'; '.join(reasons)}." if reasons else f"{line}."


def _reason(failure: Failure) -> str:
    """The error as a part of a sentence that has named the video already."""
    error = failure.error.rstrip(".")
    own = f"{failure.video} "
    return f"it {error.removeprefix(own)}" if error.startswith(own) else error
