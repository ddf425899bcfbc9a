"""How a picture is written: copied under the right tag, or encoded anew as deep as it was."""

from pathlib import Path
from typing import Any

import av
import numpy as np

from d2m_cli.clock import read_clock
from d2m_cli.media import picture_stream, times_three_d
from d2m_cli.output.checks import CONTAINERS, no_video_holds
from d2m_cli.output.describe import DOLBY_VISION, StreamFacts

_H264 = {"codec": "libx264", "crf": 17, "preset": "veryfast", "pix_fmt": "yuv420p"}
_HEVC = {"codec": "libx265", "crf": 16, "preset": "superfast", "pix_fmt": "yuv420p10le"}
_VP9 = {"codec": "libvpx-vp9", "crf": 26, "b": 0, "cpu-used": 4, "row-mt": 1}
_MPEG4 = {"codec": "mpeg4", "qscale": 2}

_KEPT_TAGS = ("hvc1", "dvh1")
"""Of HEVC whose parameter sets are in the header, as Apple's players want it."""


def copied_picture(facts: StreamFacts, suffix: str) -> dict[str, Any]:
    """Output options under which the picture is copied into a file with `suffix`."""
    options: dict[str, Any] = {"codec:v": "copy"}
    if suffix == ".avi" and facts.codec == "h264":
        options["bsf:v:0"] = "h264_mp4toannexb"  # as AVI has it; changes nothing from AVI to AVI
    if facts.codec == "hevc" and CONTAINERS[suffix] in ("mp4", "mov"):
        options["tag:v:0"] = facts.tag if facts.tag in _KEPT_TAGS else "hvc1"
    if DOLBY_VISION in facts.side_data and CONTAINERS[suffix] == "mov":
        # ffmpeg writes the record into MP4 only, which a file of this brand is but for its name.
        options |= {"format": "mp4", "brand": "qt  "}
    return options


def picture_anew(video: Path, suffix: str, later: float = 0.0) -> dict[str, Any]:
    """Output options that encode the picture at a quality where no difference is seen.

    More than 8 bits stay 10, as HEVC (VP9 in WebM), with what they say of their colours; 8 bits
    stay interlaced where they were. 4:2:0 needs even sizes: an odd one loses its last line. Time 0
    is `later` seconds after that of the input.
    """
    with av.open(str(video.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{video} was probed before"
        context = stream.codec_context
        deep = context.format is not None and context.format.components[0].bits > 8
        odd = context.width % 2 or context.height % 2
        frame = next(iter(container.decode(stream)), None)
        light = _light(frame) if deep else {}
        three_d = frame is not None and times_three_d(frame) > 0
        interlaced = frame is not None and frame.interlaced_frame and not frame.rotation
    if suffix == ".webm":
        options = {**_VP9, "pix_fmt": "yuv420p10le" if deep else "yuv420p"}
    elif suffix == ".avi":
        options = dict(_MPEG4)
    elif deep:
        params = ":".join(["log-level=none", *(f"{key}={value}" for key, value in light.items())])
        options = {**_HEVC, "x265-params": params}
        if CONTAINERS[suffix] in ("mp4", "mov"):
            options["tag"] = "hvc1"
    else:
        options = {**_H264, **({"flags": "+ilme+ildct"} if interlaced else {})}
    even = ",crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0" if odd else ""
    # The container tells it; ffmpeg 9 cannot decode what tells it twice.
    flat = ",sidedata=delete:STEREO3D" if three_d else ""
    timed = f"trim=start_frame={read_clock(video).untimed},trim=start=0"
    filters = f"{timed},setpts='max(PTS-{later:.6f}/TB,0)'{even}{flat}"
    return {**options, "filter": filters}


def lost_colour(video: Path) -> list[str]:
    """The finer colours that `picture_anew` does not keep, as one phrase for the user, or none.

    GIF and PNG are not asked: their colours are those of a palette or of a screen.
    """
    with av.open(str(video.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{video} was probed before"
        kind = stream.codec_context.format
        if no_video_holds(stream.codec_context.codec.canonical_name):
            return []
    if kind is None or len(kind.components) < 3:
        return []
    if kind.is_rgb:
        return ["finer colours (RGB becomes 4:2:0)"]
    size = kind.chroma_width(4), kind.chroma_height(4)
    name = {(4, 4): "4:4:4", (2, 4): "4:2:2", (4, 2): "4:4:0"}.get(size)
    return [f"finer colours ({name} becomes 4:2:0)"] if name else []


def _light(frame: Any) -> dict[str, str]:
    """x265's settings for the light levels of HDR10 that the first picture tells."""
    from av.sidedata.sidedata import Type

    told: dict[str, str] = {}
    kept = frame.side_data if frame else {}
    if (display := kept.get(Type.MASTERING_DISPLAY_METADATA)) is not None:
        told |= _mastering(np.frombuffer(bytes(display), np.int32))
    if (light := kept.get(Type.CONTENT_LIGHT_LEVEL)) is not None:
        most, mean = np.frombuffer(bytes(light), np.uint32)[:2]
        told["max-cll"] = f"{most},{mean}"
    return told | {"hdr10": "1"} if told else told


def _mastering(numbers: Any) -> dict[str, str]:
    """From libavutil's AVMasteringDisplayMetadata: ten fractions (R, G, B, white as x and y in
    CIE 1931; least and most light in cd/m2), then whether the file states colours and light."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.nan_to_num(numbers[0:20:2] / numbers[1:20:2])
    if not (numbers[20] and numbers[21]):
        return {}
    red, green, blue, white = (
        "({},{})".format(*(round(50000 * value) for value in values[at : at + 2]))
        for at in (0, 2, 4, 6)
    )
    least, most = (round(10000 * value) for value in values[8:10])
    return {"master-display": f"G{green}B{blue}R{red}WP{white}L({most},{least})"}
