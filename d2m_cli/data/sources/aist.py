"""Layout `aist`: AIST++ as published (google.github.io/aistplusplus_dataset), with AIST's videos.

    motions/NAME.pkl      smpl_poses (N, 72), smpl_trans (N, 3), smpl_scaling (1,)
    keypoints3d/NAME.pkl  keypoints3d (N, 17, 3): COCO joints in centimetres   (optional)
    splits/crossmodal_{train,val,test}.txt   names without ending
    ignore_list.txt       names with bad annotations                            (optional)
    videos/NAME.mp4       with any camera (c01, in front, is preferred)         (optional)
    music/mBR0.mp3        or .wav, or in wav/; else the sound of the video

NAME is for instance `gBR_sBM_cAll_d04_mBR0_ch01` (c01 to c10 in videos): `gBR` is the genre, `mBR0`
the song. Without `motions/` the dancer is found in the videos.
"""

import re
from pathlib import Path

from d2m_cli.data.sources.music import find_sound
from d2m_cli.data.sources.piece import MotionFile, MotionKind, Piece, Problem, Reading
from d2m_cli.errors import DataError

GENRES = {
    "gBR": "break",
    "gPO": "pop",
    "gLO": "lock",
    "gMH": "middle hip-hop",
    "gLH": "LA-style hip-hop",
    "gHO": "house",
    "gWA": "waack",
    "gKR": "krump",
    "gJS": "street jazz",
    "gJB": "ballet jazz",
}
"""AIST's ten dance genres, in the order of its paper."""

LISTS = {"train": "train", "validation": "val", "test": "test"}
NAME = re.compile(r"(g[A-Z]{2})_s[A-Z]{2}_c(?:All|\d{2})_d\d{2}_(m[A-Z]{2}\d)(?:_ch\d{2})?")
FOLDERS_OF_MUSIC = ("music", "wav", ".")


def read_aist(root: Path) -> Reading:
    """Pieces of an AIST++ folder. Raises `DataError` when its split lists are missing or empty."""
    ignored = set(_lines(root / "ignore_list.txt"))
    pieces: list[Piece] = []
    problems: list[Problem] = []
    left_out: list[Problem] = []
    for split, part in LISTS.items():
        for name in _lines(root / "splits" / f"crossmodal_{part}.txt"):
            if name in ignored:
                left_out.append(Problem(_motion_path(root, name), "ignore_list.txt names it"))
                continue
            found = _piece(root, name, split)
            if isinstance(found, Piece):
                pieces.append(found)
            else:
                problems.append(found)
    if not pieces and not problems:
        raise DataError(
            f"{root} has no splits/crossmodal_train.txt, _val.txt or _test.txt: "
            "unpack the AIST++ annotations there."
        )
    return Reading(tuple(pieces), tuple(problems), tuple(left_out))


def _piece(root: Path, name: str, split: str) -> Piece | Problem:
    motion = _motion_path(root, name)
    parts = NAME.fullmatch(name)
    if parts is None or parts[1] not in GENRES:
        return Problem(motion, "the name has not the form gXX_sXX_cAll_dNN_mXXN_chNN")
    video = _video(root, name)
    music = find_sound([root / folder for folder in FOLDERS_OF_MUSIC], parts[2]) or video
    if motion.exists():
        keypoints = root / "keypoints3d" / motion.name
        source = MotionFile(motion, MotionKind.SMPL, keypoints if keypoints.exists() else None)
    elif video is not None:
        source = MotionFile(video, MotionKind.VIDEO)
    else:
        return Problem(motion, "it is missing, and there is no video of this dance")
    if music is None:
        return Problem(root / "music" / f"{parts[2]}.mp3", f"the music of {name} is missing")
    return Piece(
        name=name,
        song=parts[2],
        split=split,
        motion=source,
        video=video,
        music=music,
        genre=GENRES[parts[1]],
        style=GENRES[parts[1]],
    )


def _motion_path(root: Path, name: str) -> Path:
    return root / "motions" / f"{name}.pkl"


def _video(root: Path, name: str) -> Path | None:
    """The dance filmed by the first camera there is; c01 stands in front."""
    pattern = name.replace("_cAll_", "_c[0-9][0-9]_") + ".mp4"
    return next(iter(sorted((root / "videos").glob(pattern))), None)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []
