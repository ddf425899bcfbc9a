"""Probe a video and decode its pictures once, as a stream. Nothing else opens a video for pictures.

Time 0 of a clip is its first picture, whatever the container says of its start; a `Clip` with a
`start` begins that many seconds later.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, cast

import ffmpeg
import numpy as np

from d2m_cli.clock import read_clock
from d2m_cli.errors import InputError
from d2m_cli.ingest.probe import probe
from d2m_cli.media import complaint, decoding_options, ffmpeg_path, real_words, word_of
from d2m_cli.spec import FRAME_RATE
from d2m_cli.types import Clip, FrameArray

__all__ = ["LONGEST_SIDE", "displayed_size", "probe", "read_frames"]

LONGEST_SIDE = 640
"""Pixels. MediaPipe's landmark network sees a 256 pixel crop of the person: on 1080p studio clips
the joints move by 0.4 % of the body's height against full size, and decoding costs the same as at
480 pixels."""


def displayed_size(clip: Clip, longest_side: int = LONGEST_SIDE) -> tuple[int, int]:
    """Width and height in pixels of the pictures that `read_frames` gives.

    Both are even and keep the clip's aspect; a picture is never made larger.
    """
    scale = min(1.0, longest_side / max(clip.width, clip.height))
    return _even(clip.width * scale), _even(clip.height * scale)


def read_frames(
    clip: Clip, rate: float = FRAME_RATE, longest_side: int = LONGEST_SIDE, every: int = 1
) -> Iterator[FrameArray]:
    """Decode `clip` once and yield its pictures at constant `rate` (1/s), turned upright.

    Of these only `every`-th is scaled and handed over: pictures 0, `every`, 2 `every`, and so on.

    Picture `i` is the one shown nearest to `clip.start + i / rate` seconds, for any frame rate of
    the file, constant or not. Each is `(H, W, 3)` RGB with the size `displayed_size` tells. Only
    one picture is held at a time, and ffmpeg ends with the generator.

    Raises `InputError` when the file cannot be decoded or holds no picture in this part.
    """
    width, height = displayed_size(clip, longest_side)
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            _command(clip, rate, width, height, every),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        pipe = cast(BufferedReader, process.stdout)
        count = 0
        try:
            while True:
                rgb = np.empty((height, width, 3), dtype=np.uint8)
                if pipe.readinto(rgb.data) < rgb.nbytes:
                    break
                yield rgb
                count += 1
            if process.wait() != 0 or count == 0:
                stderr.seek(0)
                reason = complaint(stderr.read().decode(errors="replace"))
                raise InputError(
                    f"{clip.path} stopped decoding after {count * every / rate:.1f} s ({reason}): "
                    "the file is damaged, or its codec is unknown to ffmpeg."
                )
        finally:
            process.kill()
            pipe.close()
            process.wait()


def _command(clip: Clip, rate: float, width: int, height: int, every: int) -> list[str]:
    """ffmpeg's arguments: decode, resample in time, scale, raw RGB to the pipe.

    Area scaling straight to RGB takes twice as long as by way of YUV, which changes a pixel by 0.3
    of 255 in the mean.
    """
    clock = read_clock(clip.path)
    seek = clip.start if clock.seekable else 0.0
    # Pictures from the key frame on stay in the stream with negative times, so that `fps` still
    # knows which one is on the screen when the part begins (a still one may begin long before).
    where: dict[str, str | None] = {}
    if seek:
        where = {"ss": f"{seek:.6f}", "noaccurate_seek": None}
    where |= decoding_options(clip.path, clock.picture)
    source = ffmpeg.input(word_of(clip.path), threads=2, **where)
    begin = clock.first_picture + clip.start - seek
    shown = source[str(clock.picture)]
    if clock.untimed:
        shown = shown.filter("trim", start_frame=clock.untimed)
    pictures = shown.filter("fps", fps=rate, start_time=f"{begin:.6f}").filter(
        "setpts", "PTS-STARTPTS"
    )
    options: dict[str, Any] = {}
    if every > 1:
        pictures = pictures.filter("select", f"not(mod(n,{every}))")
        options["fps_mode"] = "passthrough"  # else the gaps would be filled again
    small = pictures.filter("scale", width, height, flags="area").filter("format", "yuv420p")
    count = -(-max(1, round(clip.seconds * rate)) // every)
    options["frames:v"] = count
    sink = small.output("pipe:", format="rawvideo", pix_fmt="rgb24", **options).global_args(
        "-v", "error", "-nostdin"
    )
    return real_words(ffmpeg.compile(sink, cmd=ffmpeg_path()))


def _even(size: float) -> int:
    return max(2, round(size) // 2 * 2)
