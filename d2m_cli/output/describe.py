"""What ffmpeg says of each stream in a file: codec, tag, side data; PyAV tells neither of the last.

The ffmpeg that comes along is asked, whichever one writes: what is read back must not depend on it.
"""

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from d2m_cli.media import bundled_ffmpeg

ROTATION = "display matrix"
DOLBY_VISION = "Dolby Vision record"
_NAMES = {"dovi configuration record": DOLBY_VISION, "stereo 3d": "3-D flag"}

_ENCODERS_OWN = "cpb properties"
"""How an encoder budgeted its bits: of the coding, not of the picture."""

_DISPOSITIONS = (
    *("default", "dub", "original", "comment", "lyrics", "karaoke", "forced"),
    *("hearing impaired", "visual impaired", "captions", "descriptions"),
)

_STREAM = re.compile(r"\s+Stream #0:(\d+)(?:\[\w+\])?(?:\([^)]*\))?: (\w+): (\w+)(.*)")
_TAG = re.compile(r"\((.{4}) / 0x[0-9A-F]{8}\)")


@dataclass(frozen=True)
class StreamFacts:
    """One stream as its container declares it."""

    index: int
    kind: str
    """`video`, `audio`, `subtitle`, `data` or `attachment`."""
    codec: str
    """ffmpeg's name; `none` for what it does not know."""
    tag: str
    """Four characters by which MP4 and QuickTime name the codec; empty in other containers."""
    attached: bool
    """A cover picture."""
    disposition: str = "0"
    """As ffmpeg takes it: `default+forced`, or `0` for nothing in particular."""
    side_data: tuple[str, ...] = ()
    """`ROTATION`, `DOLBY_VISION`, `mastering display metadata` and such."""


def describe(path: Path) -> list[StreamFacts]:
    """Every stream of the file at `path`; none for a file that ffmpeg cannot open."""
    command = [bundled_ffmpeg(), "-hide_banner", "-nostdin", "-i", str(path.absolute())]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return parse(done.stderr.decode(errors="replace"))


def parse(text: str) -> list[StreamFacts]:
    """The streams in what `ffmpeg -i` prints, by index."""
    facts: dict[int, StreamFacts] = {}
    index, side_indent = -1, None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if found := _STREAM.match(line):
            index, side_indent = int(found[1]), None
            tag = _TAG.search(found[4])
            facts[index] = StreamFacts(
                index,
                found[2].lower(),
                found[3],
                tag[1] if tag else "",
                "(attached pic)" in found[4],
                "+".join(w.replace(" ", "_") for w in _DISPOSITIONS if f"({w})" in found[4]) or "0",
            )
        elif line.strip() == "Side data:" and index >= 0:
            side_indent = indent
        elif side_indent is not None and indent > side_indent:
            name = line.strip().partition(":")[0].lower()
            if name == _ENCODERS_OWN:
                continue
            old = facts[index]
            side_data = (*old.side_data, _NAMES.get(name, name))
            facts[index] = replace(old, side_data=side_data)
        else:
            side_indent = None
    return [facts[number] for number in sorted(facts)]
