"""What `d2m generate` says of finished pieces: records, a table for one, a line each for many."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from d2m_cli.progress import Step

STEPS = {
    Step.ANALYZE: "analyze the dance",
    Step.COMPOSE: "compose",
    Step.DECODE: "decode",
    Step.POSTPROCESS: "denoise and level",
    Step.WRITE: "write",
}


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
    dance_confidence: float
    """How clearly the dance shows its pulse, 0..1."""
    music_tempo: float
    """Of the beat grid that the music is made on."""
    level: str
    style: str
    seed: int
    stages: dict[str, float]
    left_out: list[str]
    """What of the video did not come along into the output, one short phrase each."""
    beats: list[float]
    """Seconds of the music's beats."""

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Failure:
    """A video that got no music, and why."""

    video: str
    error: str

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def summary_table(summary: Summary) -> Table:
    """The closing table of `d2m generate` for one piece."""
    table = Table(title=Text(summary.out), title_justify="left", show_header=False)
    rows = {
        "duration": f"{summary.duration:.2f} s",
        "dancer found in": f"{100 * summary.dancer_found:.0f} % of frames",
        "tempo of the dance": f"{summary.dance_tempo:.0f} bpm "
        f"(confidence {summary.dance_confidence:.2f})",
        "tempo of the music": f"{summary.music_tempo:.1f} bpm",
        **({"did not come along": "; ".join(summary.left_out)} if summary.left_out else {}),
        "level, style, seed": f"{summary.level}, {summary.style}, {summary.seed}",
        **{f"time to {STEPS[Step(k)]}": f"{v:.1f} s" for k, v in summary.stages.items()},
        "time in all": f"{sum(summary.stages.values()):.1f} s",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def piece_line(summary: Summary) -> Text:
    """One line for one piece among several."""
    took = sum(summary.stages.values())
    return Text(
        f"{summary.out}: {summary.style}, seed {summary.seed}, {summary.music_tempo:.0f} bpm, "
        f"{summary.duration:.1f} s of music in {took:.1f} s"
    )


def closing_line(videos: int, failures: Sequence[Failure]) -> str:
    """The last line of a batch: how many videos have their music, and which failed and why."""
    line = f"{videos - len(failures)} of {videos} videos done"
    reasons = [f"{Path(f.video).name}, because {f.error.rstrip('.')}" for f in failures]
    return f"{line}; failed: {'; '.join(reasons)}." if reasons else f"{line}."
