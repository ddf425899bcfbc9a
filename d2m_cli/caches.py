"""Where libraries keep what they made, on machines on which their usual places are locked.

A container that runs as another user, a service without a home, a home that is read-only: librosa
cannot be imported there unless numba finds a folder for its compiled functions.
"""

import atexit
import os
import shutil
import stat
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def name_spare_places() -> None:
    """Tell libraries of a folder where none of their own can be written to, by their variables."""
    try:
        home = Path.home()
    except RuntimeError:  # no variable, and nobody has this user's number
        home = spare_folder()
        os.environ["HOME"] = str(home)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    if not (_can_hold(caches) or _can_hold(_beside_librosa())):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(spare_folder() / "numba"))
    if not _can_hold(settings):
        os.environ.setdefault("MPLCONFIGDIR", str(spare_folder() / "matplotlib"))


@cache
def spare_folder() -> Path:
    """A folder among the temporary ones that only this user can write to, for this run and later.

    What numba reads from it is run, so one that somebody else made is never taken.
    """
    folder = Path(tempfile.gettempdir()) / f"d2m-caches-{getattr(os, 'getuid', int)()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return _passing_folder()
    own = facts.st_uid == getattr(os, "getuid", int)() and not facts.st_mode & 0o022
    return folder if own and stat.S_ISDIR(facts.st_mode) else _passing_folder()


def _passing_folder() -> Path:
    folder = tempfile.mkdtemp(prefix=f"d2m-{os.getpid()}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _beside_librosa() -> Path:
    """Where numba keeps what it compiles of librosa, if it can."""
    librosa = find_spec("librosa")
    return Path(librosa.origin).parent / "core" if librosa and librosa.origin else Path(os.devnull)


def _can_hold(folder: Path) -> bool:
    """Whether a file can be made in `folder`, which may be missing yet."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    return there is not None and there.is_dir() and os.access(there, os.W_OK | os.X_OK)
