"""Paint the dancer of `dance.mp4`: 24 beats at 112 beats per minute, three phrases of eight.

    python examples/make_dance.py [OUT.mp4] [--moves NAME...] [--bpm BPM] [--freeze BEAT BEATS]...
                                  [--jump BEAT...]

`--moves` names what is danced one after another, four beats each (a waltz: six); `--freeze 8 4`
holds the pose of beat 8 for four beats, after which the dance goes on, so that the video gets
longer and the beats stay where they are; `--jump 12 16` lands on these beats of the dance.

Every beat has a pose; the body glides from pose to pose and rests for an instant on each beat, as
dancers do. The figure is shaded and has a face so that a pose estimator takes it for a person.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from paint_dancer import MIDDLE, Point, paint

from d2m_cli.media import ffmpeg_path

os.environ.setdefault("FFMPEG_BINARY", ffmpeg_path())

from moviepy import VideoClip  # it picks its ffmpeg when imported

FPS = 30


class Pose(NamedTuple):
    """Where the body is on a beat; lengths in pixels, angles in degrees.

    Arm angles: 0 hangs down, 90 points away from the body, 180 up. The dancer's left is the
    viewer's right.
    """

    x: float = 0
    drop: float = 0
    lean: float = 0
    turn: float = 0
    left_arm: float = 20
    left_fore: float = 60
    right_arm: float = 20
    right_fore: float = 60
    left_foot: float = 34
    right_foot: float = -34
    nod: float = 0


def posed(
    x: float, drop: float, lean: float, turn: float, left: tuple[float, float],
    right: tuple[float, float], feet: tuple[float, float], nod: float = 0,
) -> Pose:  # fmt: skip
    """A pose with its arms as (upper arm, forearm) and its feet as (left, right)."""
    return Pose(x, drop, lean, turn, *left, *right, *feet, nod)


GROOVE = [
    posed(34, 14, 4, 12, (50, 110), (15, -50), (74, 6), 3),
    posed(44, 4, -3, -10, (15, -40), (60, 120), (74, 38), -3),
    posed(-34, 14, -4, -12, (15, -50), (50, 110), (-6, -74), -3),
    posed(-44, 4, 3, 10, (60, 120), (15, -40), (-38, -74), 3),
]
REACH = [
    posed(18, 6, 8, -18, (150, 165), (45, -70), (52, -34), 8),
    posed(-6, 24, -5, 16, (70, 20), (70, 20), (52, -46), -4),
    posed(-18, 6, -8, 18, (45, -70), (150, 165), (34, -52), -8),
    posed(6, 24, 5, -16, (70, 20), (70, 20), (46, -52), 4),
]
WAVES = [
    posed(26, 10, 10, 34, (120, 140), (70, 50), (66, -20), 6),
    posed(20, 30, -2, 0, (95, 165), (95, 165), (66, -20)),
    posed(-26, 10, -10, -34, (70, 50), (120, 140), (20, -66), -6),
    posed(-20, 30, 2, 0, (40, 140), (40, 140), (20, -66)),
]
FINISH = [
    posed(30, 8, 6, 20, (100, 170), (30, 100), (70, -10), 4),
    posed(0, 34, 0, 0, (35, -60), (35, -60), (56, -56), 0),
    posed(-30, 8, -6, -20, (30, 100), (100, 170), (10, -70), -4),
    posed(0, 6, 0, 0, (140, 150), (140, 150), (48, -48), 0),
]
WALTZ = [
    posed(30, 22, 5, 14, (60, 110), (20, -40), (70, -4), 4),
    posed(36, 4, -2, 4, (80, 130), (60, 90), (60, 10)),
    posed(20, 0, 0, -4, (60, 100), (80, 120), (48, -10)),
    posed(-30, 22, -5, -14, (20, -40), (60, 110), (4, -70), -4),
    posed(-36, 4, 2, -4, (60, 90), (80, 130), (-10, -60)),
    posed(-20, 0, 0, 4, (80, 120), (60, 100), (10, -48)),
]
"""Two bars of three: deep on the one, up on two and three."""
MOVES = {"groove": GROOVE, "reach": REACH, "waves": WAVES, "finish": FINISH, "waltz": WALTZ}
DANCE = ("groove", "groove", "reach", "reach", "waves", "finish")
JUMP_HEIGHT, JUMP_BEATS = 70, 0.9
"""Pixels, and beats from the floor to the floor."""


class Freeze(NamedTuple):
    """A pose that is held."""

    beat: float
    """Beat of the dance that it is held on."""
    beats: float


class Choreography(NamedTuple):
    """What is danced, and when."""

    moves: Sequence[str] = DANCE
    bpm: float = 112.0
    freezes: Sequence[Freeze] = ()
    jumps: Sequence[float] = ()
    """Beats on which the dancer lands."""

    @property
    def poses(self) -> list[Pose]:
        """One for each beat, and the one that the last beat leads to."""
        poses = [pose for name in self.moves for pose in MOVES[name]]
        return [*poses, poses[0]]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        held = sum(freeze.beats for freeze in self.freezes)
        return (len(self.poses) - 1 + held) * 60 / self.bpm

    def beat(self, seconds: float) -> float:
        """Beat of the dance that a time of the video shows; it stands in each freeze."""
        beat = seconds * self.bpm / 60
        for freeze in sorted(self.freezes):
            beat -= min(max(beat - freeze.beat, 0.0), freeze.beats)
        return min(beat, len(self.poses) - 1 - 1e-9)

    def height(self, beat: float) -> float:
        """How high the dancer is in the air, pixels."""
        parts = [1 - (landing - beat) / JUMP_BEATS for landing in self.jumps]
        return max((4 * JUMP_HEIGHT * p * (1 - p) for p in parts if 0 < p < 1), default=0.0)


def pose_at(dance: Choreography, beat: float) -> Pose:
    """The pose between two beats: slow at both, fastest half way."""
    number, part = int(beat), beat % 1
    glide = part * part * part * (part * (6 * part - 15) + 10)
    now, then = np.array(dance.poses[number]), np.array(dance.poses[number + 1])
    mixed = Pose(*(now + glide * (then - now)))
    bounce = 9 * np.cos(2 * np.pi * part)  # deepest on the beat
    return mixed._replace(drop=mixed.drop + bounce)


def lift_at(dance: Choreography, beat: float, foot: str) -> float:
    """How high a foot is in the air, in pixels, while it steps."""
    number, part = int(beat), beat % 1
    way = abs(getattr(dance.poses[number + 1], foot) - getattr(dance.poses[number], foot))
    return float(np.sin(np.pi * part) ** 2 * min(way, 40) * 0.45)


def towards(angle: float, length: float, sign: int, narrow: float = 1.0) -> Point:
    """Step of `length` at an arm angle, to the viewer's right for `sign` 1."""
    radians = np.radians(angle)
    return np.array([sign * narrow * np.sin(radians), np.cos(radians)]) * length


def knee_of(hip: Point, ankle: Point, sign: int, thigh: float = 112, shin: float = 108) -> Point:
    """Where the knee must be so that thigh and shin reach the ankle; it bends outwards."""
    way = ankle - hip
    distance = min(float(np.hypot(*way)), thigh + shin - 0.5)
    along = (thigh**2 - shin**2 + distance**2) / (2 * distance)
    out = np.sqrt(max(thigh**2 - along**2, 0))
    unit = way / np.hypot(*way)
    return hip + unit * along + np.array([unit[1], -unit[0]]) * sign * out * 0.55


def joints_at(dance: Choreography, beat: float) -> dict[str, Point]:
    """Places of all joints in the picture, pixels."""
    pose, height = pose_at(dance, beat), dance.height(beat)
    turn, lean = np.radians(pose.turn), np.radians(pose.lean)
    hips = np.array([MIDDLE + pose.x, 368 + pose.drop - height])
    up = np.array([np.sin(lean), -np.cos(lean)])
    across = np.array([np.cos(lean), np.sin(lean)]) * np.cos(turn)
    chest = hips + up * 138
    joints = {"hips": hips, "chest": chest, "neck": chest + up * 22}
    joints["head"] = joints["neck"] + np.array([np.sin(np.radians(pose.nod) + lean), -1]) * 36
    for name, sign in (("left", 1), ("right", -1)):
        shoulder = chest + across * sign * 50 + up * -4
        hip = hips + np.array([sign * 25 * np.cos(turn * 0.6), 0])
        narrow = float(np.cos(turn * 0.7))
        elbow = shoulder + towards(getattr(pose, f"{name}_arm"), 76, sign, narrow)
        hand = elbow + towards(getattr(pose, f"{name}_fore"), 70, sign, narrow)
        lift = lift_at(dance, beat, f"{name}_foot") + height
        ankle = np.array([MIDDLE + getattr(pose, f"{name}_foot"), 586 - lift])
        joints |= {
            f"{name}_shoulder": shoulder, f"{name}_elbow": elbow, f"{name}_hand": hand,
            f"{name}_hip": hip, f"{name}_knee": knee_of(hip, ankle, sign),
            f"{name}_ankle": ankle,
        }  # fmt: skip
    return joints


def picture(dance: Choreography, seconds: float) -> np.ndarray:
    """The picture `(640, 480, 3)` at a time of the video."""
    beat = dance.beat(seconds)
    return paint(joints_at(dance, beat), pose_at(dance, beat).turn)


def main(out: Path, dance: Choreography) -> None:
    """Write the dance to `out`."""
    clip = VideoClip(lambda time: picture(dance, time), duration=round(dance.seconds * FPS) / FPS)
    clip.write_videofile(
        str(out),
        fps=FPS,
        codec="libx264",
        audio=False,
        preset="slow",
        ffmpeg_params=["-crf", "21", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
        logger=None,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", default=Path(__file__).with_name("dance.mp4"))
    parser.add_argument("--moves", nargs="+", choices=MOVES, default=DANCE)
    parser.add_argument("--bpm", type=float, default=Choreography().bpm)
    parser.add_argument("--freeze", type=float, nargs=2, action="append", default=[])
    parser.add_argument("--jump", type=float, nargs="+", default=[])
    given = parser.parse_args()
    freezes = [Freeze(*freeze) for freeze in given.freeze]
    main(given.out, Choreography(given.moves, given.bpm, freezes, given.jump))
