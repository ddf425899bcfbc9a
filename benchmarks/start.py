"""Start and end of the command: this tree against another one, run by turns.

python benchmarks/start.py --base ../base [--runs 5] [--level low] [--busy]

`--base` is a checkout of an earlier commit (`git worktree add --detach ../base 0079bc8`). Each
line is a median over the runs, and the ratio that of the medians; `--busy` keeps one more process
at work. Both trees find their bytecode compiled, as an installed d2m does.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from common import looped

HERE = Path(__file__).parents[1]
SECONDS = 10


def timed(tree: Path, words: Sequence[str | Path]) -> tuple[float, float]:
    """Wall and processor seconds of one run of the command line of a tree."""
    command = [sys.executable, "-m", "d2m_cli.cli", *map(str, words)]
    with tempfile.TemporaryDirectory() as home:  # where no earlier run keeps what it read
        environment = {**os.environ, "PYTHONPATH": str(tree), "D2M_HOME": home}
        begin, before = time.perf_counter(), os.times()
        # Python looks for the package in the folder where it runs first.
        subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True)
        wall, after = time.perf_counter() - begin, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return wall, used


def compare(what: str, trees: Sequence[Path], runs: int, words: Sequence[str | Path]) -> None:
    """Print medians of both trees, base first, and their ratios."""
    found: list[list[tuple[float, float]]] = [[] for _ in trees]
    for _ in range(runs):
        for tree, times in zip(trees, found, strict=True):
            times.append(timed(tree, words))
    walls, used = ([median(run[place] for run in times) for times in found] for place in (0, 1))
    print(
        f"{what}: wall {walls[0]:.2f} s -> {walls[1]:.2f} s ({walls[1] / walls[0]:.2f}), "
        f"processor {used[0]:.2f} s -> {used[1]:.2f} s ({used[1] / used[0]:.2f})",
        flush=True,
    )


FIRST_PICTURE = """
import os, sys, time
begin = time.perf_counter()
from d2m_cli.cli import app
from d2m_cli.features.i3d import I3DExtractor
def first(self, frame):
    print("first picture", time.perf_counter() - begin, file=sys.stderr, flush=True)
    os._exit(0)
I3DExtractor.add = first
app.main()
"""


def first_picture(words: Sequence[str | Path]) -> float:
    """Seconds from the start of Python code to the first decoded picture, in this tree."""
    command = [sys.executable, "-c", FIRST_PICTURE, *map(str, words), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    found = re.search(r"first picture (\S+)", done.stderr)
    if found is None:
        raise RuntimeError(done.stderr)
    return float(found[1])


def main() -> None:
    """Print all lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--level", default="low")
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    trees = (options.base.resolve(), HERE)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    busy = None
    if options.busy:
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        video = looped(folder, SECONDS, "1920x1080")
        words = ("generate", video, "-o", folder / "out.mp4", "--overwrite")
        try:
            compare("d2m --help", trees, options.runs, ("--help",))
            pictures = [first_picture(words) for _ in range(options.runs)]
            print(f"first picture: {median(pictures):.2f} s after the start", flush=True)
            whole = (*words, "--level", options.level)
            for tree in trees:
                timed(tree, whole)  # compiles
            compare(f"{SECONDS} s of 1080p30, {options.level}", trees, options.runs, whole)
        finally:
            if busy is not None:
                busy.kill()


if __name__ == "__main__":
    main()
