"""Layout `folder`: any dance videos with sound, at any depth.

`songs.csv` (optional) has a header and the columns `file` (path inside the folder), `song`, and if
known `genre`, `style` and `split`. A video that it does not name is a song of its own. A song
without a split is split by its name.
"""

import csv
from pathlib import Path

from d2m_cli.data.sources.piece import SPLITS, MotionFile, MotionKind, Piece, Problem, Reading
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.errors import DataError

VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
TABLE = "songs.csv"


def read_folder(root: Path) -> Reading:
    """Pieces of a folder of videos. Raises `DataError` when it has none, or its table is wrong."""
    rows = _rows(root / TABLE)
    videos = sorted(path for path in root.rglob("*") if path.suffix.lower() in VIDEOS)
    known = {path.relative_to(root).as_posix() for path in videos}
    pieces: list[Piece] = []
    problems = [
        Problem(root / file, f"{TABLE} names it, but it is not there")
        for file in rows.keys() - known
    ]
    for video in videos:
        relative = video.relative_to(root)
        name = "__".join(relative.with_suffix("").parts)
        row = rows.get(relative.as_posix(), {})
        song = row.get("song") or name
        split = row.get("split") or split_of_song(song)
        if split not in SPLITS:
            problems.append(Problem(video, f"its split '{split}' is none of {', '.join(SPLITS)}"))
            continue
        pieces.append(
            Piece(
                name=name,
                song=song,
                split=split,
                motion=MotionFile(video, MotionKind.VIDEO),
                video=video,
                music=video,
                genre=row.get("genre") or "",
                style=row.get("style") or "",
            )
        )
    if not pieces:
        raise DataError(f"{root} holds no video ({', '.join(VIDEOS)}): check the folder.")
    return Reading(tuple(pieces), tuple(sorted(problems, key=lambda problem: problem.path)))


def _rows(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if "file" not in (reader.fieldnames or ()):
            raise DataError(f"{path} has no column 'file': its first line must name the columns.")
        return {row["file"]: row for row in reader}
