"""librosa, imported by one process at a time.

Importing it compiles some of its functions and keeps them on disk, as pairs of files. Two processes
that compile them at the same moment can leave a pair of which each wrote one half, and from then
on every process that uses it crashes (numba issue 10128). So whoever comes second waits for the
first, and finds the files complete. Every module takes librosa from here.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from filelock import FileLock

from d2m_cli.caches import name_spare_places

__all__ = ["beat_track", "librosa"]

_LOCK = Path(tempfile.gettempdir()) / f"d2m-librosa-{getattr(os, 'getuid', int)()}.lock"

name_spare_places()
with FileLock(_LOCK):
    import librosa
    import librosa.core
    import librosa.feature
    import librosa.filters
    import librosa.onset
    import librosa.util


def beat_track(**arguments: Any) -> Any:
    """`librosa.beat.beat_track`; loading it takes more than a second, so it comes when called."""
    with FileLock(_LOCK):
        import librosa.beat
    return librosa.beat.beat_track(**arguments)
