"""What every bundle that can make music offers, our own and the authors' alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.errors import InputError
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.progress import Progress
from d2m_cli.sketch.arrangement import Arrangement
from d2m_cli.spec import Level, RenderQuality
from d2m_cli.types import Clip, Codes, Dance, FloatArray, FrameArray

TEMPO_RANGE = (40.0, 240.0)
"""Beats per minute that can be asked for."""

DanceT = TypeVar("DanceT", bound=Dance)
"""What a maker reads from a video; it takes no other maker's."""


class Named(Protocol):
    """A style, as far as others need to know it."""

    @property
    def name(self) -> str:
        """As users see it."""

    @property
    def why(self) -> str:
        """What it was picked by; empty where a user asked for it."""


StyleT = TypeVar("StyleT", bound=Named)
"""What stands for a style in a maker."""


class Maker(Protocol[DanceT, StyleT]):
    """From a video to codes and sound."""

    bundle: Bundle
    levels: list[Level]
    """Levels that the bundle has."""
    follows_tempo: bool
    """Whether its music lies on the beats of `Dance.rhythm`."""
    denoised: bool
    """Whether its music is denoised where nobody says so."""

    def prepare(self, level: Level) -> None:
        """Let what the steps after the look at a video need be loaded beside it."""

    @property
    def style_names(self) -> Sequence[str]:
        """Names that `choose_style` takes, sorted."""

    def analyze(
        self, clip: Clip, pose: PoseOptions, progress: Progress
    ) -> tuple[DanceT, FrameArray]:
        """The dance in a video, and thumbnails `(S, H, W, 3)` for the plot.

        Raises `InputError` for a video that cannot be decoded or a dancer who is not there,
        `NoDancerError` when it shows nobody.
        """

    def read_motion(self, path: Path, start: float, end: float | None) -> DanceT:
        """The dance in a file of motion capture from `start` to `end` s, without a video.

        Raises `InputError` for a file that is of no use, or a model that needs pictures.
        """

    def choose_style(self, name: str | None, audio: Path | None, seed: int) -> StyleT:
        """The style of that name, or that of a piece of music; one of the two is given.

        Raises `BundleError` for a style that the bundle does not have.
        """

    def pick_style(self, dance: DanceT, seed: int) -> StyleT:
        """A style for a dance, without a wish."""

    def arrangement(
        self, dance: DanceT, level: Level, style: StyleT, seed: int
    ) -> Arrangement | None:
        """Chords and sections of the music; None where nobody knows them."""

    def sample_codes(
        self,
        dance: DanceT,
        level: Level,
        style: StyleT,
        seed: int,
        progress: Progress,
        quality: RenderQuality,
    ) -> Codes:
        """Codes of the music for a dance; a higher `quality` takes longer, where there is one."""

    def decode(self, codes: Codes, seconds: float, progress: Progress) -> Iterator[FloatArray]:
        """Sound of codes, in pieces `(N,)` that together last exactly `seconds`."""


def require_quality(quality: RenderQuality | str) -> RenderQuality:
    """The quality of that name. Raises `InputError` for another word."""
    if quality not in [str(one) for one in RenderQuality]:
        raise InputError(f"Unknown quality '{quality}': choose {', '.join(RenderQuality)}.")
    return RenderQuality(quality)
