"""Videos as people have them, each made anew by the ffmpeg that comes along: two seconds of a test
picture with a quiet tone, and around it what phones, cameras, downloads and recorders add."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from d2m_cli.media import bundled_ffmpeg

SECONDS = 2.0
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "96k")


def run(*arguments: str | Path) -> None:
    """ffmpeg with these arguments; fails loudly."""
    command = [bundled_ffmpeg(), "-v", "error", "-y", "-nostdin", *map(str, arguments)]
    subprocess.run(command, check=True)


def picture(size: str = "160x120", rate: str = "25", seconds: float = SECONDS) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc=d={seconds}:s={size}:r={rate}")


def tone(channels: str = "stereo", seconds: float = SECONDS) -> tuple[str, ...]:
    wave = "0.1*sin(2*PI*440*t)" + ("" if channels == "mono" else "|0.1*sin(2*PI*440*t)")
    return ("-f", "lavfi", "-i", f"aevalsrc='{wave}':s=48000:d={seconds}")


def plain(path: Path, *codecs: str, size: str = "160x120", rate: str = "25") -> Path:
    """A video with sound; the suffix of `path` names the container."""
    run(*picture(size, rate), *tone(), *(codecs or (*X264, *AAC)), path)
    return path


def base(folder: Path) -> Path:
    return plain(folder / "base.mp4")


def data_tracks(path: Path, *kinds: str) -> Path:
    """Sound tracks of an MP4 become data tracks; the last sound track gets the first kind."""
    data = bytearray(path.read_bytes())
    end = len(data)
    for kind in kinds:
        at = data.rfind(b"mp4a", 0, end)
        while not 40 < int.from_bytes(data[at - 4 : at], "big") < 100_000:
            at = data.rfind(b"mp4a", 0, at)
        data[at : at + 4] = kind.encode()
        handler = data.rfind(b"soun", 0, at)
        while data[handler - 12 : handler - 8] != b"hdlr":
            handler = data.rfind(b"soun", 0, handler)
        data[handler : handler + 4] = b"meta"
        end = handler
    path.write_bytes(data)
    return path


def gopro(folder: Path) -> Path:
    """Telemetry (gpmd), a track of an unknown kind (fdsc) and a time code (tmcd)."""
    path = folder / "gopro.mp4"
    sounds = ("-map", "0:v", *("-map", "0:a") * 3)
    run("-i", base(folder), *sounds, "-c", "copy", "-timecode", "01:00:00:00", path)
    return data_tracks(path, "fdsc", "gpmd")


def iphone(folder: Path) -> Path:
    """Timed metadata (mebx), which ffmpeg does not know."""
    path = folder / "iphone.mov"
    run("-i", base(folder), "-map", "0:v", *("-map", "0:a") * 2, "-c", "copy", path)
    return data_tracks(path, "mebx")


def unknown_first_sound(folder: Path) -> Path:
    """Spatial sound that nothing here decodes comes first, a usual track second."""
    path = folder / "spatial.mp4"
    run("-i", base(folder), "-map", "0:v", *("-map", "0:a") * 2, "-c", "copy", path)
    data = path.read_bytes()
    at = data.index(b"mp4a", data.index(b"stsd", data.index(b"soun")))
    path.write_bytes(data[:at] + b"apac" + data[at + 4 :])
    return path


def phone(folder: Path) -> Path:
    path = folder / "phone.mp4"
    run("-display_rotation", "90", "-i", base(folder), "-c", "copy", path)
    return path


def hdr10(folder: Path, suffix: str = ".mov") -> Path:
    path = folder / f"hdr{suffix}"
    light = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    colours = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    params = f"log-level=none:hdr10=1:{colours}:master-display={light}:max-cll=1000,400"
    codec = ("-c:v", "libx265", "-x265-params", params, "-preset", "ultrafast")
    run(*picture(), *tone(), *codec, "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", *AAC, path)
    return path


def dolby(folder: Path) -> Path:
    """HLG with a Dolby Vision record, as an iPhone writes it."""
    path = folder / "dolby.mov"
    params = "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"
    codec = ("-c:v", "libx265", "-x265-params", params, "-preset", "ultrafast")
    run(*picture(), *tone(), *codec, "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", *AAC, path)
    data = bytearray(path.read_bytes())
    boxes = _boxes(
        data, 0, len(data), [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1"]
    )
    record = bytes([1, 0]) + struct.pack(">H", 8 << 9 | 4 << 3 | 1 << 2 | 1) + bytes([4 << 4])
    box = struct.pack(">I4s", 32, b"dvvC") + record + bytes(24 - len(record))
    end = boxes[-1] + struct.unpack(">I", data[boxes[-1] : boxes[-1] + 4])[0]
    for at in boxes:
        size = struct.unpack(">I", data[at : at + 4])[0] + len(box)
        data[at : at + 4] = struct.pack(">I", size)
    data[end:end] = box
    path.write_bytes(data)
    return path


def _boxes(data: bytes, at: int, end: int, path: list[bytes]) -> list[int]:
    while at < end:
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == path[0]:
            inside = at + {b"stsd": 16}.get(kind, 8)
            below = _boxes(data, inside, at + size, path[1:]) if len(path) > 1 else []
            if below or len(path) == 1:
                return [at, *below]
        at += size
    return []


def hevc(folder: Path, suffix: str) -> Path:
    codec = ("-c:v", "libx265", "-x265-params", "log-level=none", "-preset", "ultrafast")
    return plain(folder / f"hevc{suffix}", *codec, "-pix_fmt", "yuv420p", *AAC)


def cover(folder: Path, suffix: str) -> Path:
    image, path = folder / "cover.png", folder / f"cover{suffix}"
    run(*picture("64x64"), "-frames:v", "1", image)
    if suffix == ".mkv":
        kind = ("-metadata:s:t", "mimetype=image/png")
        run("-i", base(folder), "-c", "copy", "-attach", image, *kind, path)
    else:
        both = ("-i", base(folder), "-i", image, "-map", "0", "-map", "1", "-c", "copy")
        run(*both, "-disposition:v:1", "attached_pic", path)
    return path


def still_first(folder: Path) -> Path:
    """The first picture track is one picture, and is not marked as a cover."""
    image, path = folder / "still.png", folder / "still_first.mkv"
    run(*picture("64x64"), "-frames:v", "1", image)
    both = ("-i", image, "-i", base(folder), "-map", "0:v", "-map", "1")
    run(*both, "-c", "copy", "-c:v:0", "mjpeg", "-pix_fmt:v:0", "yuvj420p", path)
    return path


def words(folder: Path, suffix: str) -> Path:
    """Subtitles from 0.2 to 0.6 s, from 0.8 to 1.4 s and from 1.7 to 1.9 s, and two chapters."""
    text, chapters, path = folder / "w.srt", folder / "c.txt", folder / f"words{suffix}"
    times = ((0.2, 0.6, "one"), (0.8, 1.4, "two"), (1.7, 1.9, "three"))
    text.write_text(
        "".join(
            f"{n}\n00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{word}\n\n".replace(".", ",")
            for n, (a, b, word) in enumerate(times, 1)
        )
    )
    chapters.write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=first\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=second\n"
    )
    codec = "mov_text" if suffix in (".mp4", ".mov") else "srt"
    inputs = ("-i", base(folder), "-i", text, "-i", chapters)
    maps = ("-map", "0", "-map", "1", "-map_chapters", "2", "-metadata:s:s:0", "language=fra")
    run(*inputs, *maps, "-c", "copy", "-c:s", codec, path)
    return path


def late(folder: Path, suffix: str) -> Path:
    path = folder / f"late{suffix}"
    run("-i", base(folder), "-c", "copy", "-output_ts_offset", "10", path)
    return path


def mono(folder: Path) -> Path:
    path = folder / "mono.mp4"
    run(*picture(), *tone("mono"), *X264, *AAC, path)
    return path


def font(folder: Path) -> Path:
    note, path = folder / "dance.ttf", folder / "font.mkv"
    note.write_bytes(b"\0\1\0\0" + bytes(300))
    kind = ("-metadata:s:t", "mimetype=application/x-truetype-font")
    run("-i", base(folder), "-c", "copy", "-attach", note, *kind, path)
    return path


def edit_list(folder: Path) -> Path:
    """A cut by copying: pictures before the begin are there and hidden."""
    path = folder / "cut.mp4"
    run("-ss", "0.5", "-i", base(folder), "-c", "copy", path)
    return path


def fragmented(folder: Path) -> Path:
    path = folder / "fragments.mp4"
    flags = ("-movflags", "frag_keyframe+empty_moov")
    run(*picture(), *tone(), *X264, "-g", "10", *AAC, *flags, path)
    return path


def uneven(folder: Path) -> Path:
    """A screen recording: pictures come when something moves."""
    path = folder / "screen.mkv"
    kept = ("-vf", "select='lt(n,10)+not(mod(n,7))'", "-fps_mode", "vfr")
    run(*picture(), *tone(), *kept, *X264, *AAC, path)
    return path


def joined(folder: Path) -> Path:
    """Two broadcasts, one after the other: the clock begins anew in the middle."""
    path = plain(folder / "joined.ts", *X264, "-g", "20", "-c:a", "mp2")
    path.write_bytes(path.read_bytes() * 2)
    return path


PLAIN: dict[str, Callable[[Path], Path]] = {
    "fragmented": fragmented,
    "edit list": edit_list,
    "joined TS": joined,
    "uneven": uneven,
    "240 fps": lambda f: plain(f / "fast.mp4", rate="240"),
    "late MKV": lambda f: late(f, ".mkv"),
    "late TS": lambda f: late(f, ".ts"),
    "AVCHD": lambda f: plain(f / "cam.mts", *X264, "-c:a", "ac3"),
    "DVD": lambda f: plain(f / "dvd.mpg", "-c:v", "mpeg2video", "-c:a", "mp2"),
    "old phone": lambda f: plain(f / "old.3gp", "-c:v", "h263", *AAC, size="176x144"),
    "Flash": lambda f: plain(f / "old.flv", "-c:v", "flv1", "-c:a", "mp3", "-ar", "44100"),
    "Windows Media": lambda f: plain(f / "old.wmv", "-c:v", "wmv2", "-c:a", "wmav2"),
    "Xvid": lambda f: plain(f / "old.avi", "-c:v", "mpeg4", "-bf", "2", "-c:a", "mp3"),
    "camera's MJPEG": lambda f: plain(f / "cam.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
    "ProRes": lambda f: plain(f / "edit.mov", "-c:v", "prores_ks", "-c:a", "pcm_s24le"),
    "VP9": lambda f: plain(
        f / "web.webm", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"
    ),
    "AV1": lambda f: plain(f / "web.mp4", "-c:v", "libsvtav1", "-preset", "12", *AAC),
    "VP9 in MP4": lambda f: plain(f / "vp9.mp4", "-c:v", "libvpx-vp9", "-cpu-used", "8", *AAC),
    "interlaced": lambda f: plain(f / "tv.ts", *X264, "-flags", "+ilme+ildct", "-c:a", "mp2"),
    "RealVideo": lambda f: plain(f / "old.rm", "-c:v", "rv20", "-c:a", "ac3", size="176x144"),
    "Theora": lambda f: plain(
        f / "old.ogv", "-c:v", "libtheora", "-pix_fmt", "yuv420p", "-c:a", "libvorbis"
    ),
    "camcorder's DV": lambda f: plain(f / "tape.dv", "-target", "pal-dv", size="720x576"),
    "studio's MXF": lambda f: plain(
        f / "studio.mxf", "-c:v", "mpeg2video", "-c:a", "pcm_s16le", size="720x576"
    ),
    "wrong suffix": lambda f: late(f, ".mkv").rename(f / "really_mkv.mp4"),
}
"""Videos of which nothing but the picture is to be kept, under the name that is the default."""
