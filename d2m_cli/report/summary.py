"""What `d2m generate` says of a finished piece: a record, and the same as a table."""

from dataclasses import asdict, dataclass
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
    dance_confidence: float
    """How clearly the dance shows its pulse, 0..1."""
    music_tempo: float | None
    """None when the music has no onset."""
    level: str
    style: str
    seed: int
    left_out: list[str]
    """What of the video did not come along into the output, one short phrase each."""
    stages: dict[str, float]

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)


def summary_table(summary: Summary) -> Table:
    """The closing table of `d2m generate`, which stands under the output's name."""
    table = Table(show_header=False)
    music = "no beat found" if summary.music_tempo is None else f"{summary.music_tempo:.0f} bpm"
    rows = {
        "duration": f"{summary.duration:.2f} s",
        "dancer found in": f"{100 * summary.dancer_found:.0f} % of frames",
        "tempo of the dance": f"{summary.dance_tempo:.0f} bpm "
        f"(confidence {summary.dance_confidence:.2f})",
        "tempo of the music": music,
        **({"did not come along": "; ".join(summary.left_out)} if summary.left_out else {}),
        "level, style, seed": f"{summary.level}, {summary.style}, {summary.seed}",
        **{f"time to {STEPS[Step(k)]}": f"{v:.1f} s" for k, v in summary.stages.items()},
        "time in all": f"{sum(summary.stages.values()):.1f} s",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table
