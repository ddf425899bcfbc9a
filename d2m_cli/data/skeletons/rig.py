"""Skeletons of many makers -> our `JOINTS`: by the names of their joints, their size, their up.

Names are read as words: a side (`Left`, `L`, `l`) and a part. Mixamo (`mixamorig:LeftUpLeg`), CMU
(`LeftUpLeg`, `LHipJoint`), Biped (`Bip01 L Thigh`), Daz (`lShin`), Unreal (`thigh_l`) and plain
names (`LeftHip`, `LeftKnee`) are understood.
"""

from __future__ import annotations

import re
from itertools import takewhile

import numpy as np

from d2m_cli.data.skeletons.bvh import END, Capture, Joint
from d2m_cli.data.skeletons.joints import PLACE, Positions, from_parts
from d2m_cli.errors import DataError

PARTS = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("leg", "lowerleg", "lowleg", "shin", "calf", "knee", "tibia"),
    "ankle": ("foot", "ankle"),
    "foot_index": ("toebase", "toe", "toes", "ball", "toeend"),
    "shoulder": ("arm", "upperarm", "uparm", "shldr", "humerus", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow", "radius"),
    "wrist": ("hand", "wrist"),
}
"""Parts of names of each joint, the surest first: an arm begins in the shoulder's joint, and what
Mixamo calls a shoulder is the collar bone."""

BEFORE = {"wrist": "elbow", "foot_index": "ankle"}
"""Whose limb's end a joint without a name is."""

SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}

UNITS = (1.0, 0.01, 0.001, 0.0254, 0.0254 / 0.45)
"""Metres: m, cm, mm, inch, and CMU's unit of 0.45 inches' reciprocal (5.64 cm)."""

ADULT = 1.6
"""Metres from the soles' ankles to the skull of a usual adult, limb by limb."""

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def joints_of_rig(capture: Capture) -> Positions:
    """Joints `(T, 17, 3)` in metres, y up, of a captured skeleton.

    The unit is the one of `UNITS` in which it is nearest to an adult's size, up is the axis on
    which the head is above the ankles. Raises `DataError` when limbs cannot be told by their names.
    """
    numbers = _numbers_of(capture.joints)
    missing = [
        f"{side} {part}"
        for side in ("left", "right")
        for part in PARTS
        if f"{side}_{part}" not in numbers and part != "foot_index"
    ]
    if missing:
        raise DataError(
            f"its skeleton is not known: no joint is named as the {missing[0]} "
            f"({len(missing)} of 14 are missing); rename the joints as Mixamo does (LeftUpLeg ...)"
        )
    parts = {name: capture.places[:, number] for name, number in numbers.items()}
    head = _head(capture, parts)
    up = np.median(head - (parts["left_ankle"] + parts["right_ankle"]) / 2.0, axis=0)
    upright = _upright(up)
    unit = _unit(parts, head)
    return from_parts({n: p @ upright.T * unit for n, p in parts.items()}, head @ upright.T * unit)


def _numbers_of(joints: list[Joint]) -> dict[str, int]:
    """Numbers of the joints of `JOINTS` that have a name, and of the ends of their limbs."""
    named = _named(joints)
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for part, names in PARTS.items():
            known = next((named[side, name] for name in names if (side, name) in named), None)
            if known is None and part in BEFORE:
                known = _end(joints, found.get(f"{side}_{BEFORE[part]}"))
            if known is not None and f"{side}_{part}" in PLACE:
                found[f"{side}_{part}"] = known
    return found


def _named(joints: list[Joint]) -> dict[tuple[str, str], int]:
    """Number of the first joint of each side and part, without the prefix that all names share."""
    names = {n: joint.name for n, joint in enumerate(joints) if joint.name != END}
    pairs = zip(min(names.values(), default=""), max(names.values(), default=""), strict=False)
    alike = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    shared = re.sub(r"[^\W_]*$", "", alike)
    named: dict[tuple[str, str], int] = {}
    for number, name in names.items():
        named.setdefault(side_and_part(name.removeprefix(shared)), number)
    return named


def side_and_part(name: str) -> tuple[str, str]:
    """Side ("left", "right" or "") and part of a joint's name, without its maker's prefix."""
    words = [word.lower() for word in _WORDS.findall(name.rpartition(":")[2])]
    side = ""
    for word in words:
        side = side or SIDES.get(word, "")
    rest = "".join(
        word for word in words if word not in SIDES and word not in ("mixamorig", "bip", "j", "def")
    )
    if not side:
        for prefix in ("left", "right"):
            if rest.startswith(prefix):
                return prefix, rest.removeprefix(prefix)
    return side, rest


def _end(joints: list[Joint], start: int | None) -> int | None:
    """The end of the limb that begins with joint `start`: its first child, if it has one."""
    if start is None:
        return None
    return next((n for n, joint in enumerate(joints) if joint.parent == start), None)


def _head(capture: Capture, parts: dict[str, Positions]) -> Positions:
    """The middle of the head `(T, 3)`: of its joint and its top, or above the shoulders."""
    number = _named(capture.joints).get(("", "head"))
    if number is not None:
        top = _end(capture.joints, number)
        base = capture.places[:, number]
        return base if top is None else (base + capture.places[:, top]) / 2.0
    shoulders = (parts["left_shoulder"] + parts["right_shoulder"]) / 2.0
    return shoulders + 0.5 * (shoulders - (parts["left_hip"] + parts["right_hip"]) / 2.0)


def _upright(up: Positions) -> Positions:
    """The turn `(3, 3)` that brings the axis nearest to `up` `(3,)` to +y."""
    axis = int(np.abs(up).argmax())
    turn = np.eye(3)
    if axis == 2:
        turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    if axis == 0:
        turn = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    return turn if up[axis] >= 0 else np.diag([-1.0, -1.0, 1.0]) @ turn


def _unit(parts: dict[str, Positions], head: Positions) -> float:
    """Metres in the skeleton's unit, told by the length of leg, trunk and neck."""
    hips = (parts["left_hip"] + parts["right_hip"]) / 2.0
    shoulders = (parts["left_shoulder"] + parts["right_shoulder"]) / 2.0
    chain = [
        (parts["left_ankle"], parts["left_knee"]),
        (parts["left_knee"], parts["left_hip"]),
        (hips, shoulders),
        (shoulders, head),
    ]
    height = sum(float(np.median(np.linalg.norm(b - a, axis=1))) for a, b in chain)
    if height <= 0:
        raise DataError("its skeleton has no size: all joints lie in one place")
    return min(UNITS, key=lambda unit: abs(np.log(height * unit / ADULT)))
