"""Run ffmpeg to its end and turn its complaints into one sentence."""

import subprocess
from pathlib import Path
from typing import Any

import ffmpeg

from d2m_cli.errors import OutputError
from d2m_cli.media import complaint, ffmpeg_path


def run_ffmpeg(sink: Any, out: Path | None = None, level: str = "error") -> str:
    """Run the ffmpeg-python output `sink`, overwriting; returns what ffmpeg wrote on stderr.

    `level` is ffmpeg's own log level. Raises `OutputError`, naming `out`, when ffmpeg fails.
    """
    quiet = sink.global_args("-hide_banner", "-nostats", "-nostdin", "-v", level)
    command = ffmpeg.compile(quiet, cmd=ffmpeg_path(), overwrite_output=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    report = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise OutputError(f"{out or 'The sound'} cannot be written ({complaint(report)}).")
    return report
