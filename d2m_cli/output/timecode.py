"""The time code of a camera, moved with the part of a video that begins later."""

import re
from typing import Any

import av

from d2m_cli.media import picture_stream
from d2m_cli.output.streams import stated
from d2m_cli.types import Clip

_FORM = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)")
_DAY = 24 * 3600


def moved_timecodes(clip: Clip) -> dict[str, str]:
    """Output options of ffmpeg that state the time code of the clip's begin, where there is one."""
    if clip.start == 0:
        return {}
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{clip.path} was probed before"
        places: list[tuple[str, Any]] = [("metadata", container), ("metadata:s:v:0", stream)]
        rate = float(stream.average_rate or clip.fps)
        codes = {option: stated(place.metadata, "timecode") for option, place in places}
    return {
        option: f"timecode={later(code, rate, clip.start)}"
        for option, code in codes.items()
        if code and _FORM.fullmatch(code)
    }


def later(code: str, rate: float, seconds: float) -> str:
    """The time code `seconds` after `code`, in pictures at `rate` (1/s).

    One with a semicolon or a dot before its pictures leaves out numbers, so that it keeps up with
    the clock at 29.97 and 59.94 pictures a second (SMPTE ST 12-1): the first two (four) of every
    minute but each tenth.
    """
    found = _FORM.fullmatch(code)
    if found is None:
        raise ValueError(f"{code} is no time code")
    hours, minutes, whole, mark, picture = found.groups()
    second = max(1, round(rate))
    dropped = 0 if mark == ":" else second // 15
    minute = 60 * int(hours) + int(minutes)
    number = (60 * minute + int(whole)) * second + int(picture)
    number -= dropped * (minute - minute // 10)
    number += round(seconds * rate)
    tens, rest = divmod(number, 600 * second - 9 * dropped)
    number += 9 * dropped * tens
    if rest >= second * 60:
        number += dropped * (1 + (rest - 60 * second) // (60 * second - dropped))
    seconds_of_day, picture_of_second = divmod(number % (_DAY * second), second)
    hours_now, within = divmod(seconds_of_day, 3600)
    return (
        f"{hours_now:02d}:{within // 60:02d}:{within % 60:02d}{mark}"
        f"{picture_of_second:0{len(picture)}d}"
    )
