"""Layout `tiktok`: the authors' TikTok dance-music data (paper app. C).

    videos/NAME.mp4       (or .mov, .mkv ...)
    motion/NAME.npy       OpenPose BODY_25, (T, 75) or (T, 25, 3) at 30 fps: x, y, confidence
    motion/NAME/*.json    or OpenPose's own output, one file a frame
    audio/NAME.wav        (or .mp3 ...); else the sound of the video
    *train*.txt, *test*.txt   names, one a line; here or in splits/             (optional)

NAME is `000007_12_193`: compilation, song, clip. In the lists it may have a folder, an ending and a
segment (`_seg3`), as in the authors' own. Videos or motion are enough; motion is preferred. Without
lists songs are split by number.
"""

import re
from pathlib import Path

from d2m_cli.data.sources.music import find_sound
from d2m_cli.data.sources.piece import MotionFile, MotionKind, Piece, Problem, Reading
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.data.sources.videos import VIDEOS
from d2m_cli.errors import DataError

NAME = re.compile(r"(\d{6}_(\d+)_\d+)(?:_seg\d+)?")
LISTS = {"train": "*train*.txt", "validation": "*val*.txt", "test": "*test*.txt"}


def read_tiktok(root: Path) -> Reading:
    """Pieces of a TikTok folder. Raises `DataError` when there is none, or one is in two lists."""
    splits = _splits(root)
    names = {_stem(path) for folder in ("videos", "motion") for path in (root / folder).glob("*")}
    pieces: list[Piece] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    for name in sorted({*names, *splits}):
        parts = NAME.fullmatch(name)
        if parts is None:
            problems.append(Problem(root / name, "the name has not the form NNNNNN_SONG_CLIP"))
            continue
        song = f"tiktok-{parts[2]}"
        if splits and name not in splits:
            left_out.append(Problem(root / name, "it is in none of the lists"))
            continue
        found = _piece(root, name, song, splits.get(name) or split_of_song(song))
        if isinstance(found, Piece):
            pieces.append(found)
        else:
            problems.append(found)
    if not pieces and not problems:
        raise DataError(f"{root} has no videos/ or motion/ with dances: check the folder.")
    return Reading(tuple(pieces), tuple(problems), tuple(left_out))


def _piece(root: Path, name: str, song: str, split: str) -> Piece | Problem:
    videos = [root / "videos" / f"{name}{suffix}" for suffix in VIDEOS]
    video = next((path for path in videos if path.exists()), None)
    keypoints = [root / "motion" / f"{name}.npy", root / "motion" / name]
    motion = next((path for path in keypoints if path.exists()), None)
    music = find_sound([root / "audio"], name) or video
    if motion is not None:
        source = MotionFile(motion, MotionKind.KEYPOINTS)
    elif video is not None:
        source = MotionFile(video, MotionKind.VIDEO)
    else:
        return Problem(videos[0], "there is neither a video nor motion/ of this dance")
    if music is None:
        return Problem(root / "audio" / f"{name}.wav", "the music of this dance is missing")
    return Piece(name, song, split, motion=source, video=video, music=music)


def _splits(root: Path) -> dict[str, str]:
    """Split of each name in the lists; empty when there are no lists."""
    splits: dict[str, str] = {}
    for split, pattern in LISTS.items():
        for path in sorted([*root.glob(pattern), *root.glob(f"splits/{pattern}")]):
            for line in path.read_text(encoding="utf-8").split():
                parts = NAME.fullmatch(_stem(Path(line)))
                name = parts[1] if parts else _stem(Path(line))
                if splits.setdefault(name, split) != split:
                    raise DataError(f"{name} is in the lists of {splits[name]} and of {split}.")
    return splits


def _stem(path: Path) -> str:
    return path.name.split(".")[0]
