"""Which pictures of a file make up a clip, and where a copy of them may end."""

from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from d2m_cli.clock import Jumps
from d2m_cli.media import picture_stream
from d2m_cli.types import BoolArray, Clip

FloatArray64 = NDArray[np.float64]

_NEAR = 0.021
"""Seconds by which pictures may be moved to begin with a part: half a picture at 24 a second."""

_ROUNDING = 0.0025
"""Seconds by which even pictures differ in a container that counts milliseconds."""

_SPARE = 2
"""Pictures more than there were that a cut or an encoder may leave, at the begin and the end."""

_MIN_MARGIN = 2.0
"""Seconds beyond a part's end in which pictures that are shown before it may still follow."""


@dataclass(frozen=True)
class StoredPictures:
    """The pictures of a clip as its file holds them."""

    count: int | None
    """Packets of a copy; None where the picture is cut or encoded anew."""
    most: int
    """Pictures that may be there at most."""
    last: float
    """Seconds from the clip's begin to that of its last picture."""
    limit: float | None = None
    """Where to end a copy, as decoding time in seconds from the first picture."""
    first: float = 0.0
    """Seconds from the clip's begin to the picture that is shown then (mostly negative)."""
    zero: float = 0.0
    """Seconds from the clip's begin to where the clock of a picture encoded anew begins."""
    uneven: bool = False
    """Not all pictures to be encoded anew stand as long as the file's do on the whole."""


def stretch(clip: Clip, copied: bool) -> StoredPictures:
    """Which pictures of its file make up the clip.

    Packets stand in the order of decoding. A copy may end only after packets of which all pictures
    are there up to the last one; of these places the one at the clip's end is taken, or the nearest
    to it. A copy begins with the first packet that stands alone.
    """
    part = clip.end is not None and clip.end < clip.duration
    margin = max(_MIN_MARGIN, 8 / clip.fps)
    decoded, times, hidden = _packets_until(
        clip, clip.start + clip.seconds + margin if part else None
    )
    shown = np.sort(times)
    begin = float(np.min(times[~hidden] if not hidden.all() else times))
    if copied and part:
        whole = np.flatnonzero(np.maximum.accumulate(times) == shown)[:-1] + 1
        limits = (decoded[whole - 1] + decoded[whole]) / 2 - begin
        whole, limits = whole[limits > 0], limits[limits > 0]
        if len(whole):
            # The last picture is shortened, so what counts is that the next one begins later.
            off = np.abs(shown[whole] - begin - clip.seconds)
            within = shown[whole - 1] < begin + clip.seconds - _ROUNDING
            off[within & (shown[whole] > begin + clip.seconds - _ROUNDING)] = 0.0
            nearest = off.argmin()
            last = float(shown[whole[nearest] - 1]) - begin
            most = int(whole[nearest]) + _SPARE
            return StoredPictures(None, most, last, float(limits[nearest]))
    if copied:
        return StoredPictures(len(times), len(times), float(shown[-1]) - begin)
    times = shown - begin - clip.start
    last = float(times[times < clip.seconds][-1])
    inside = times[(times >= 0) & (times < clip.seconds)]
    most = len(inside) + _SPARE
    uneven = bool((np.abs(np.diff(inside) - 1 / clip.fps) > _ROUNDING).any())
    # The nearest picture opens the part; one that stands long does so with what is left of it.
    nearest = float(times[np.abs(times).argmin()])
    if abs(nearest) <= _NEAR:
        return StoredPictures(None, most, last, first=nearest, zero=nearest, uneven=uneven)
    first = float(times[times <= 0][-1])
    return StoredPictures(None, most, last, first=first, uneven=uneven)


def _packets_until(clip: Clip, end: float | None) -> tuple[FloatArray64, FloatArray64, BoolArray]:
    """Of the packets up to `end` s after the first picture: decoding and presentation seconds, and
    which of them an edit list hides."""
    found: list[tuple[float, float, bool, bool]] = []
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{clip.path} was probed before"
        jumps = Jumps(container, stream)
        for packet in container.demux(stream):
            if not packet.size:
                continue
            jumps.see(packet)
            unit = float(packet.time_base)
            dts = (packet.pts if packet.dts is None else packet.dts) or 0
            pts = (packet.dts if packet.pts is None else packet.pts) or 0
            decoded, shown = dts * unit + jumps.shift, pts * unit + jumps.shift
            found.append((decoded, shown, packet.is_discard, packet.is_keyframe))
            if end is not None and decoded - found[0][1] > end:
                break
    # Some containers mark no picture as one that stands alone.
    first = next((number for number, packet in enumerate(found) if packet[3]), 0)
    facts = np.array(found[first:])
    return facts[:, 0], facts[:, 1], facts[:, 2].astype(np.bool_)
