"""BVH files of a dancer who bounces and swings the arms, written with known rotations."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

BONES = (
    ("Hips", "", (0.0, 1.0, 0.0)),
    ("Spine", "Hips", (0.0, 0.12, 0.0)),
    ("Spine1", "Spine", (0.0, 0.2, 0.0)),
    ("Neck", "Spine1", (0.0, 0.2, 0.0)),
    ("Head", "Neck", (0.0, 0.1, 0.02)),
    ("HeadTop_End", "Head", (0.0, 0.18, 0.0)),
    *(
        (f"{side}{name}", before.replace("*", side), (sign * x, y, z))
        for side, sign in (("Left", 1.0), ("Right", -1.0))
        for name, before, (x, y, z) in (
            ("Shoulder", "Spine1", (0.06, 0.15, 0.0)),
            ("Arm", "*Shoulder", (0.12, 0.0, 0.0)),
            ("ForeArm", "*Arm", (0.27, 0.0, 0.0)),
            ("Hand", "*ForeArm", (0.25, 0.0, 0.0)),
            ("HandIndex1", "*Hand", (0.1, 0.0, 0.0)),
            ("UpLeg", "Hips", (0.09, -0.05, 0.0)),
            ("Leg", "*UpLeg", (0.0, -0.42, 0.0)),
            ("Foot", "*Leg", (0.0, -0.42, 0.0)),
            ("ToeBase", "*Foot", (0.0, -0.08, 0.13)),
        )
    ),
)
"""Name, parent and offset in metres of each joint, as Mixamo names them."""


def dance_turns(seconds: float, bpm: float, rate: float) -> tuple[np.ndarray, dict[str, Rotation]]:
    """Place of the hips `(T, 3)` in metres, and local rotations of the joints that turn."""
    time = np.arange(round(seconds * rate)) / rate
    beat = 2.0 * np.pi * bpm / 60.0 * time
    bend = 0.7 * (0.5 + 0.5 * np.cos(beat)) ** 2  # down on the beat, up in between
    place = np.zeros((len(time), 3))
    place[:, 1] = 0.05 + 0.84 * np.cos(bend)
    swing = 0.6 * np.sin(beat / 2.0)

    def turns(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Rotation:
        return Rotation.from_euler("XYZ", np.stack([x, y, z], axis=1))

    still = np.zeros_like(time)
    moves = {"Spine": turns(0.1 * np.sin(beat), 0.3 * np.sin(beat / 4.0), 0.05 * np.cos(beat))}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        moves[f"{side}UpLeg"] = turns(-bend, still, still)
        moves[f"{side}Leg"] = turns(2.0 * bend, still, still)
        moves[f"{side}Foot"] = turns(-bend, still, still)
        moves[f"{side}Arm"] = turns(swing, 0.4 * swing, sign * (swing - 0.9))
        moves[f"{side}ForeArm"] = turns(still, -sign * (0.5 + bend), still)
    return place, moves


def bvh_text(
    seconds: float = 12.0,
    bpm: float = 100.0,
    rate: float = 30.0,
    order: str = "ZXY",
    metre: float = 100.0,
    rotation_first: bool = False,
    prefix: str = "mixamorig:",
    all_positions: bool = False,
    names: Sequence[tuple[str, str]] = (),
) -> str:
    """The dancer as BVH; `metre` is a metre in its unit, `names` pairs of names to exchange."""
    place, moves = dance_turns(seconds, bpm, rate)
    renamed = dict(names)
    lines, columns = ["HIERARCHY"], []
    rotations = [f"{axis}rotation" for axis in order]
    positions = [f"{axis}position" for axis in "XYZ"]

    def write(name: str, offset: tuple[float, ...], depth: int) -> None:
        pad = "  " * depth
        root = not depth
        children = [(child, o) for child, parent, o in BONES if parent == name]
        if not children:
            lines.append(f"{pad}End Site")
        else:
            lines.append(f"{pad}{'ROOT' if root else 'JOINT'} {prefix}{renamed.get(name, name)}")
        shift = (0.0, 0.0, 0.0) if root else offset
        lines.extend([f"{pad}{{", f"{pad}  OFFSET " + " ".join(f"{v * metre:.8f}" for v in shift)])
        if children:
            moved = root or all_positions
            parts = [*([positions] if moved else []), rotations]
            channels = [name for part in parts[:: -1 if rotation_first else 1] for name in part]
            lines.append(f"{pad}  CHANNELS {len(channels)} {' '.join(channels)}")
            at = place if root else np.tile(offset, (len(place), 1))
            turn = moves.get(name, Rotation.identity(len(place)))
            values = [turn.as_euler(order, degrees=True)]
            if moved:
                values.insert(1 if rotation_first else 0, at * metre)
            columns.extend(values)
            for child, its_offset in children:
                write(child, its_offset, depth + 1)
        lines.append(f"{pad}}}")

    write(BONES[0][0], BONES[0][2], 0)
    frames = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {len(frames)}", f"Frame Time: {1.0 / rate:.9f}"]
    lines += [" ".join(f"{value:.8f}" for value in frame) for frame in frames]
    return "\n".join(lines) + "\n"
