"""What a file says of itself as a whole, written once into its output, however often d2m runs."""

from datetime import UTC, datetime
from pathlib import Path

import av

_OF_THE_INPUT = ("major_brand", "minor_version", "compatible_brands")
"""Facts of the input's own container, which its output states for itself."""


def has_phone_metadata(video: Path) -> bool:
    """Whether `video` has metadata under dotted keys (`com.apple.quicktime.model` and such)."""
    with av.open(str(video.absolute())) as container:
        return any("." in key for key in container.metadata)


def metadata_words(video: Path) -> list[str]:
    """Words for ffmpeg under which metadata copied from `video` do not grow from run to run.

    QuickTime's newer form of metadata takes everything, the brands too, which ffmpeg writes and
    reads beside it. A time of creation stands in two places then: spelled in one way it is one.
    """
    words = [word for key in _OF_THE_INPUT for word in ("-metadata", f"{key}=")]
    with av.open(str(video.absolute())) as container:
        created = container.metadata.get("creation_time", "").partition(";")[0]
    try:
        moment = datetime.fromisoformat(created).replace(microsecond=0)
    except ValueError:
        return words
    told = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return [*words, "-metadata", f"creation_time={told}"]
