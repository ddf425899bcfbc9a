"""Features of a dance kept as files, so that other programs (and a later run) can use them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from d2m_cli.arrays import read_arrays
from d2m_cli.errors import InputError
from d2m_cli.features.events import dance_events
from d2m_cli.features.motion import channel_names
from d2m_cli.files import whole_file
from d2m_cli.spec import BEATS_PER_BAR, METERS
from d2m_cli.types import Dance, Followed, FrameArray, Motion, Rhythm, Visual

_NAMES = (
    *("motion", "motion_found", "motion_rate", "visual", "visual_rate", "beat_phase"),
    *("beat_strength", "rhythm_rate", "meter", "certainty", "people_seen", "dancer"),
    *("seconds", "thumbnails"),
)
"""What of the file is read; `motion_channels` is for other programs."""


def save_features(dance: Dance, path: Path, thumbnails: FrameArray | None = None) -> None:
    """Write a dance's features to `path` (.npz; docs/formats.md lists them).

    `thumbnails` `(S, H, W, 3)` serve the plot of a later run. Raises `OutputError`.
    """
    pictures = {} if thumbnails is None else {"thumbnails": thumbnails}
    with whole_file(path) as draft:
        np.savez_compressed(
            draft,
            motion=dance.motion.features,
            motion_channels=np.array(channel_names()),
            motion_found=dance.motion.found,
            motion_rate=dance.motion.rate,
            **_of_people(dance.motion.followed),
            visual=dance.visual.features,
            visual_rate=dance.visual.rate,
            beat_phase=dance.rhythm.phase,
            beat_strength=dance.rhythm.confidence,
            rhythm_rate=dance.rhythm.rate,
            meter=dance.rhythm.meter,
            certainty=dance.rhythm.certainty,
            seconds=dance.seconds,
            **pictures,
        )


def load_features(path: Path) -> tuple[Dance, FrameArray | None]:
    """The dance, and thumbnails `(S, H, W, 3)` if there are any, that `save_features` wrote.

    Raises `InputError` for a file that is missing, damaged or something else.
    """
    try:
        file = read_arrays(path, _NAMES)
        motion = Motion(
            file["motion"], file["motion_found"], float(file["motion_rate"]), _followed(file)
        )
        visual = Visual(file["visual"], float(file["visual_rate"]))
        rhythm = Rhythm(
            file["beat_phase"],
            file["beat_strength"],
            float(file["rhythm_rate"]),
            int(file.get("meter", BEATS_PER_BAR)),
            float(file.get("certainty", 1.0)),
        )
        thumbnails = file.get("thumbnails")
        dance = Dance(motion, visual, rhythm, float(file["seconds"]))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check the path.") from None
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"{path} holds no features of a dance ({error}): make them with --save-features."
        ) from error
    if not _fits(dance):
        raise InputError(f"{path} holds features of another d2m: make them with --save-features.")
    return replace(dance, events=dance_events(dance.motion, dance.rhythm)), thumbnails


def _of_people(followed: Followed | None) -> dict[str, Any]:
    if followed is None:
        return {}
    return {"people_seen": np.array(followed.shares), "dancer": followed.dancer}


def _followed(file: Mapping[str, Any]) -> Followed | None:
    if "people_seen" not in file:
        return None
    return Followed(tuple(map(float, file["people_seen"])), int(file["dancer"]))


def _fits(dance: Dance) -> bool:
    """Whether the arrays have the shapes and numbers that features have."""
    motion, rhythm = dance.motion, dance.rhythm
    steps = motion.found.shape
    return (
        motion.features.shape == (len(channel_names()), *steps)
        and dance.visual.features.ndim == 2
        and rhythm.phase.shape == rhythm.confidence.shape
        and len(rhythm.phase) > 1
        and rhythm.meter in METERS
        and all(
            np.isfinite(array).all()
            for array in (motion.features, dance.visual.features, rhythm.phase, rhythm.confidence)
        )
        and dance.seconds > 0
    )
