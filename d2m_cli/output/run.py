"""Run ffmpeg to its end and turn its complaints into one sentence."""

import subprocess
from pathlib import Path
from typing import Any

import ffmpeg

from d2m_cli.media import complaint, ffmpeg_path, real_words
from d2m_cli.output.places import is_full, unwritable


def run_ffmpeg(sink: Any, out: Path | None = None, level: str = "error") -> str:
    """Run the ffmpeg-python output `sink`, overwriting; returns what ffmpeg wrote on stderr.

    `level` is ffmpeg's own log level. Raises `OutputError`, naming `out`, when ffmpeg fails.
    """
    return run_command(compiled(sink, level), out)


def compiled(sink: Any, level: str = "error") -> list[str]:
    """The command line of the ffmpeg-python output `sink`."""
    quiet = sink.global_args("-hide_banner", "-nostats", "-nostdin", "-v", level)
    return real_words(ffmpeg.compile(quiet, cmd=ffmpeg_path(), overwrite_output=True))


def run_command(command: list[str], out: Path | None = None, draft: Path | None = None) -> str:
    """Run one of `compiled`; returns and raises as `run_ffmpeg` does.

    On a full disk it is the one of `draft`, where that lies elsewhere than `out`.
    An exit status of 0 is not enough: ffmpeg 5.1 ends so on a full disk, and only complains.
    """
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    report = done.stderr.decode(errors="replace")
    if done.returncode == 0 and not is_full(report):
        return report
    out = out or Path("The sound")
    if is_full(report):
        raise unwritable(draft or out, "No space left on device")
    raise unwritable(out, complaint(report))
