"""Layout `motion`: 3-D joints and music side by side, as in `dance_with_melody`.

`<PIECE>.npz` (motion, centre, beats, genre), `<PIECE>.bvh` or any other motion that d2m reads
(`skeletons.kinds`), `<PIECE>.ogg` (or another sound file) and `split.json`
(`{"train": [names], "validation": [...], "test": [...]}`; a name in none of them is left out).
Without `split.json` the pieces are split by name.
"""

from pathlib import Path

from d2m_cli.data.skeletons.kinds import motion_file
from d2m_cli.data.sources.music import find_sound
from d2m_cli.data.sources.piece import SPLITS, Piece, Problem, Reading, is_motion
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.errors import DataError
from d2m_cli.files import read_json


def read_motion_folder(root: Path) -> Reading:
    """Pieces of a motion folder; a song is one piece. Raises `DataError` when there is none."""
    found = sorted(path for path in root.iterdir() if _is_motion(path))
    # Where a piece has several, `.npz` counts, which may know the beats.
    motions = {p.stem: p for p in sorted(found, key=lambda p: p.suffix.lower() == ".npz")}
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
            try:
                motion = motion_file(path)
            except DataError as error:
                problems.append(Problem(path, str(error).rstrip(".")))
                continue
            pieces.append(Piece(name, name, splits[name], motion=motion, music=music))
    if not pieces:
        raise DataError(
            f"{root} holds no pair of motion (.bvh, .npz ...) and music: check the folder."
        )
    return Reading(tuple(pieces), tuple(problems), tuple(left_out))


def _is_motion(path: Path) -> bool:
    """JSON and folders may hold anything: they are motion where music of their name is."""
    told = path.suffix.lower() != ".json" and not path.is_dir()
    return is_motion(path) and (told or find_sound([path.parent], path.stem) is not None)


def _splits(path: Path, motions: dict[str, Path]) -> dict[str, str]:
    if not path.exists():
        return {name: split_of_song(name) for name in motions}
    lists = read_json(path)
    try:
        return {name: split for split in SPLITS for name in lists.get(split, [])}
    except (AttributeError, TypeError) as error:
        raise DataError(f"{path} must be a JSON object of lists of names ({error}).") from error
