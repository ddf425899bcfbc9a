"""Users without a home, or with one that is locked: libraries keep their things elsewhere."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from d2m_cli import caches

USER = "54321"
"""A number that has no entry among the users, as in containers (`docker run --user`)."""

_READS_ALL = "+dac_read_search"
"""The number may read everything here, wherever Python lies, and writes nothing of others."""

PROGRAM = """
from d2m_cli.bundles.places import home
print(home())
import matplotlib.pyplot, compiled
assert compiled.twice(2) == 4
"""
COMPILED = "from numba import njit\n@njit(cache=True)\ndef twice(x):\n    return 2 * x\n"


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0 or shutil.which("setpriv") is None,
    reason="only root can run a program as another user",
)
@pytest.mark.parametrize("home", [None, "/nonexistent"])
def test_a_number_without_a_home_has_a_place_for_caches(home: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:  # others cannot go through pytest's own folders
        place, locked = Path(name), Path(name) / "locked"
        place.chmod(0o777)
        locked.mkdir(mode=0o755)
        (locked / "compiled.py").write_text(COMPILED)
        paths = f"{Path(caches.__file__).parents[1]}:{locked}"
        environment = {"PATH": os.environ["PATH"], "TMPDIR": name, "PYTHONPATH": paths}
        environment |= {} if home is None else {"HOME": home}
        rights = ["--inh-caps", f"-all,{_READS_ALL}", f"--ambient-caps={_READS_ALL}"]
        rights += ["--bounding-set", f"-all,{_READS_ALL}"]
        user = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", *rights]
        command = [*user, sys.executable, "-c", PROGRAM]
        done = subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(home or name)
        made = place / f"d2m-caches-{USER}"
        assert list(made.rglob("*.nbc")) and made.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users have numbers on POSIX alone")
def test_a_folder_that_others_can_write_to_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches.tempfile, "tempdir", str(tmp_path))
    usual = tmp_path / f"d2m-caches-{os.getuid()}"
    caches.spare_folder.cache_clear()
    assert caches.spare_folder() == usual
    usual.chmod(0o777)
    caches.spare_folder.cache_clear()
    other = caches.spare_folder()
    assert other != usual and other.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(usual)
    usual.symlink_to(tmp_path)
    caches.spare_folder.cache_clear()
    assert caches.spare_folder() != usual
    caches.spare_folder.cache_clear()
