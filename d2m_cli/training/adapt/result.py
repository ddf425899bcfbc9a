"""What came of an adaption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from d2m_cli.bundles.styles import StyleEntry
from d2m_cli.data.cache.manifest import FailedPiece
from d2m_cli.generation.measured_rules import rules_record
from d2m_cli.spec import Level

RIGHTS = "made with music that a user of d2m gave: its rights are theirs to see to"
DISTANCES = ("nearest_style", "own_style", "adapted", "own_music")
"""Sets that are measured: music of the old bundle in its nearest style, of the new style with the
generator as it was, of the new bundle, and the user's own other pieces."""


@dataclass(frozen=True)
class Adaption:
    """What came of it."""

    style: str
    entry: StyleEntry
    nearest: str
    """The style of the bundle that sounds most like the music."""
    learnt: tuple[str, ...]
    """Names of the pieces."""
    held_out: tuple[str, ...]
    failures: tuple[FailedPiece, ...]
    nats: Mapping[Level, Mapping[str, float]]
    """Nats per code of held-out music: `nothing_known`, `half_known`, and both with `_before`."""
    steps: Mapping[Level, int]
    distances: Mapping[Level, Mapping[str, float]] = field(default_factory=dict)
    """Of `DISTANCES`, from held-out music."""

    def nearer(self, level: Level) -> bool | None:
        """Whether the music of the new bundle is nearer to held-out pieces than it was.

        None where that cannot be told: the user's own other pieces are no nearer, either.
        """
        far = self.distances[level]
        if far["own_music"] >= far["nearest_style"]:
            return None
        return far["adapted"] < far["nearest_style"]

    def record(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "style": self.style,
            "rules": rules_record(self.entry),
            "nearest_style": self.nearest,
            "learnt": list(self.learnt),
            "held_out": list(self.held_out),
            "left_out": {Path(f.path).name: f.reason for f in self.failures},
            "levels": {
                str(level): {
                    "steps": self.steps[level],
                    "nats": {name: round(value, 4) for name, value in self.nats[level].items()},
                    "distance": {n: round(v, 2) for n, v in self.distances[level].items()},
                    "nearer": self.nearer(level),
                }
                for level in self.nats
            },
            "rights": RIGHTS,
        }
