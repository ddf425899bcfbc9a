"""Running d2m as a user does, with the operating system's own account of time and memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from d2m_cli.media import ffmpeg_path

EXAMPLE = Path(__file__).parents[1] / "examples" / "dance.mp4"


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    """Largest resident memory of the process itself (not of the ffmpeg it starts)."""


def run_d2m(*arguments: str | Path) -> Run:
    """Run the command line in a process of its own; raises when it fails."""
    command = [sys.executable, "-m", "d2m_cli.cli", *map(str, arguments)]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    seconds = time.perf_counter() - begin
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_ffmpeg(*arguments: str | Path) -> float:
    """Run ffmpeg and return its seconds."""
    begin = time.perf_counter()
    subprocess.run([ffmpeg_path(), "-v", "error", "-y", *map(str, arguments)], check=True)
    return time.perf_counter() - begin


def looped(folder: Path, seconds: int, size: str | None = None) -> Path:
    """The example, repeated to `seconds`; `size` (`1920x1080`) scales and pads it."""
    out = folder / f"{seconds}s_{size or 'own'}.mp4"
    picture: list[str] = ["-c", "copy"]
    if size:
        width, height = size.split("x")
        fit = f"scale=-2:{height},pad={width}:{height}:(ow-iw)/2:0"
        picture = ["-vf", fit, "-c:v", "libx264", "-preset", "veryfast"]
    run_ffmpeg("-stream_loop", "-1", "-i", EXAMPLE, "-t", str(seconds), *picture, out)
    return out
