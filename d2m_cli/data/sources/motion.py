"""Layout `motion`: 3-D joints and music side by side, as in `dance_with_melody`.

`<PIECE>.npz` (motion, centre, beats, genre) or `<PIECE>.bvh`, `<PIECE>.ogg` (or another
sound file) and `split.json`
(`{"train": [names], "validation": [...], "test": [...]}`; a name in none of them is left out).
Without `split.json` the pieces are split by name.
"""

from pathlib import Path

from d2m_cli.data.sources.music import find_sound
from d2m_cli.data.sources.piece import SPLITS, MotionFile, MotionKind, Piece, Problem, Reading
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.errors import DataError
from d2m_cli.files import read_json

KINDS = {".bvh": MotionKind.BVH, ".npz": MotionKind.JOINTS}
"""Of a file by its suffix; where a piece has both, `.npz` counts, which knows the beats."""


def read_motion_folder(root: Path) -> Reading:
    """Pieces of a motion folder; a song is one piece. Raises `DataError` when there is none."""
    motions = {p.stem: p for p in sorted(root.iterdir()) if p.suffix.lower() in KINDS}
    splits = _splits(root / "split.json", motions)
    pieces: list[Piece] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    for name in sorted({*motions, *splits}):
        path = motions.get(name, root / f"{name}.npz")
        music = find_sound([root], name)
        if name not in motions:
            problems.append(Problem(path, "split.json names it, but it is not there"))
        elif name not in splits:
            left_out.append(Problem(path, "split.json puts it in no split"))
        elif music is None:
            problems.append(Problem(path, f"no music beside it ({name}.ogg, .wav, .mp3 ...)"))
        else:
            pieces.append(
                Piece(
                    name=name,
                    song=name,
                    split=splits[name],
                    motion=MotionFile(path, KINDS[path.suffix.lower()]),
                    music=music,
                )
            )
    if not pieces:
        raise DataError(f"{root} holds no pair of .npz or .bvh motion and music: check the folder.")
    return Reading(tuple(pieces), tuple(problems), tuple(left_out))


def _splits(path: Path, motions: dict[str, Path]) -> dict[str, str]:
    if not path.exists():
        return {name: split_of_song(name) for name in motions}
    lists = read_json(path)
    try:
        return {name: split for split in SPLITS for name in lists.get(split, [])}
    except (AttributeError, TypeError) as error:
        raise DataError(f"{path} must be a JSON object of lists of names ({error}).") from error
