"""BVH motion capture -> where every joint is, by forward kinematics.

The form is that of Meredith and Maddock, "Motion capture file formats explained" (2001): a tree of
joints with offsets and channels, then a line of channel values a frame. Channels may come in any
order and number; rotations are degrees about the joint's own axes, applied in the order in which
they are listed. A position takes the place of the joint's offset on its axis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError

MOST_BYTES = 2**29
MOST_JOINTS = 2000
MOST_CHANNELS = 12
"""Of a file, of its skeleton and of one joint."""

MOST_STILL = 50
"""Joints without channels, beyond four for each channel: places are kept of all of them."""

FARTHEST = 1e9
"""Of the file's own unit, and degrees."""

RATES = (1.0, 1000.0)
"""Frames per second that are taken."""

END = "End Site"


@dataclass
class Joint:
    """One joint of the tree, or the end of a limb."""

    name: str
    """`END` for the end of a limb."""
    parent: int
    """Number of the joint before it; -1 for a root."""
    offset: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """`(3,)` from the parent, in the file's unit."""
    channels: list[tuple[str, int]] = field(default_factory=list)
    """Kind ("position" or "rotation") and axis 0..2, in the file's order."""


@dataclass(frozen=True)
class Capture:
    """What a BVH file holds."""

    joints: list[Joint]
    """Parents come before their children."""
    places: NDArray[np.float64]
    """`(T, J, 3)` in the file's unit and axes."""
    rate: float
    """Frames per second."""


def read_bvh(path: Path) -> Capture:
    """The joints of a BVH file and their places.

    Raises `DataError` when it is no BVH file, holds no frame, NaN, or other than it announces.
    """
    head, mark, body = _text(path).partition("\nMOTION")
    if not head.lstrip().startswith("HIERARCHY") or not mark:
        raise DataError("it is no BVH file: one has the words HIERARCHY and MOTION")
    joints = _joints(head)
    if len(joints) > MOST_STILL + 4 * sum(len(joint.channels) for joint in joints):
        raise DataError("its skeleton has too many joints that never move")
    values, rate = _frames(body, sum(len(joint.channels) for joint in joints))
    return Capture(joints, forward_kinematics(joints, values), rate)


def forward_kinematics(joints: list[Joint], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places `(T, J, 3)` of joints whose channels have `values` `(T, C)`, in the file's unit."""
    places = np.empty((len(values), len(joints), 3))
    turns: list[NDArray[np.float64]] = []
    column = 0
    for number, joint in enumerate(joints):
        shift, turn = np.tile(joint.offset, (len(values), 1)), np.eye(3)[None]
        for kind, axis in joint.channels:
            if kind == "position":
                shift[:, axis] = values[:, column]
            else:
                turn = turn @ _about(axis, np.radians(values[:, column]))
            column += 1
        if joint.parent < 0:
            places[:, number] = shift
            turns.append(turn)
        else:
            before = turns[joint.parent]
            places[:, number] = places[:, joint.parent] + (before @ shift[..., None])[..., 0]
            turns.append(before @ turn)
    return places


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"it is larger than {MOST_BYTES >> 20} MB: cut it into parts")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"it cannot be read ({error.strerror})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _joints(head: str) -> list[Joint]:
    """The tree of joints; names may hold spaces, a brace may stand on their line."""
    joints: list[Joint] = []
    open_joints: list[int] = []
    for line in head.replace("{", "\n{\n").replace("}", "\n}\n").splitlines():
        words = line.split()
        if not words or words[0] == "HIERARCHY":
            continue
        if words[0] in ("ROOT", "JOINT", "End"):
            if len(joints) >= MOST_JOINTS:
                raise DataError(f"its skeleton has more than {MOST_JOINTS} joints")
            name = END if words[0] == "End" else " ".join(words[1:])
            joints.append(Joint(name, open_joints[-1] if open_joints else -1))
        elif words[0] == "{":
            if not joints:
                raise DataError("its skeleton is damaged: a brace belongs to no joint")
            open_joints.append(len(joints) - 1)
        elif words[0] == "}":
            if not open_joints:
                raise DataError("its skeleton is damaged: a brace closes no joint")
            open_joints.pop()
        elif words[0] == "OFFSET" and open_joints:
            joints[open_joints[-1]].offset = _offset(words[1:])
        elif words[0] == "CHANNELS" and open_joints:
            joints[open_joints[-1]].channels = _channels(words[1:])
        else:
            raise DataError(f"its skeleton is damaged at '{line.strip()[:40]}'")
    if open_joints or not joints:
        raise DataError("its skeleton is damaged: it ends within a joint")
    return joints


def _offset(words: list[str]) -> NDArray[np.float64]:
    offset = _numbers(" ".join(words))
    if offset.shape != (3,):
        raise DataError(f"its skeleton is damaged: an offset has {len(offset)} numbers, not 3")
    return offset


def _channels(words: list[str]) -> list[tuple[str, int]]:
    names = [word.lower() for word in words[1:]]
    known = {f"{axis}{kind}" for axis in "xyz" for kind in ("position", "rotation")}
    if words[:1] != [str(len(names))] or len(names) > MOST_CHANNELS or not known.issuperset(names):
        raise DataError(f"its skeleton is damaged at 'CHANNELS {' '.join(words)[:40]}'")
    return [(name[1:], "xyz".index(name[0])) for name in names]


def _frames(body: str, channels: int) -> tuple[NDArray[np.float64], float]:
    """Channel values `(T, C)` and frames per second."""
    lines = body.strip().split("\n", 2)
    titles = [line.partition(":") for line in lines[:2]]
    if [title.strip().lower() for title, _, _ in titles] != ["frames", "frame time"]:
        raise DataError("its MOTION begins without 'Frames:' and 'Frame Time:'")
    frames, step = (float(_numbers(text)[:1].sum()) for _, _, text in titles)
    if step <= 0 or not RATES[0] <= 1.0 / step <= RATES[1]:
        raise DataError(f"its frame time is {step:g} s: one from 0.001 to 1 s is needed")
    values = _numbers(lines[2] if len(lines) > 2 else "")
    if not len(values) or not channels:
        raise DataError("it holds no frames")
    if len(values) != frames * channels:
        raise DataError(
            f"it holds {len(values)} numbers where {frames:g} frames of {channels} are announced"
        )
    return values.reshape(-1, channels), 1.0 / step


def _numbers(text: str) -> NDArray[np.float64]:
    """Finite numbers of a text. Raises `DataError` for anything else."""
    try:
        values = np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise DataError(f"it holds something else than numbers ({error})") from None
    if not (np.abs(values) < FARTHEST).all():
        raise DataError("it holds NaN, infinite or impossible numbers")
    return values


def _about(axis: int, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations `(T, 3, 3)` by `angles` `(T,)` radians about one axis, counter-clockwise."""
    turn = np.zeros((len(angles), 3, 3))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn[:, axis, axis] = 1.0
    turn[:, first, first] = turn[:, second, second] = np.cos(angles)
    turn[:, first, second], turn[:, second, first] = -np.sin(angles), np.sin(angles)
    return turn
