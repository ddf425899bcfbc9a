"""Paints one picture of the dancer of `make_dance.py`: shaded limbs, a face, a stage with light."""

import cv2
import numpy as np

SIZE = (480, 640)
MIDDLE = SIZE[0] / 2
FINE = 2
"""Painted this much larger, then averaged: smooth edges."""

SKIN, SKIN_SHADE = (232, 184, 150), (176, 118, 88)
SHIRT, SHIRT_SHADE = (236, 110, 84), (150, 48, 52)
TROUSERS, TROUSERS_SHADE = (74, 92, 148), (30, 36, 74)
SHOE, SHOE_SHADE = (244, 244, 240), (150, 150, 160)
HAIR, HAIR_SHADE = (84, 54, 40), (40, 24, 20)

Point = np.ndarray
Colour = tuple[int, int, int]


def step(x: float, y: float) -> Point:
    """That far to the right and down, pixels."""
    return np.array([x, y])


class Painter:
    """A canvas with soft, round strokes, lit from the upper left."""

    def __init__(self, canvas: np.ndarray) -> None:
        self.canvas = canvas

    def limb(
        self, a: Point, b: Point, wide: float, narrow: float, light: Colour, shade: Colour
    ) -> None:
        """A tapered limb of radius `wide` at `a` and `narrow` at `b`."""
        for layer in np.linspace(0, 1, 7):
            colour = tuple(float(s + layer * (h - s)) for s, h in zip(shade, light, strict=True))
            shift = np.array([-0.22, -0.10]) * layer
            size = 1 - 0.55 * layer
            self._capsule(a + shift * wide, b + shift * narrow, wide * size, narrow * size, colour)

    def body(self, corners: list[Point], radius: float, light: Colour, shade: Colour) -> None:
        """A shaded volume spanned by balls of `radius` at its corners."""
        middle = sum(corners, np.zeros(2)) / len(corners) + step(-9, -6)
        round_about = np.linspace(0, 2 * np.pi, 24)
        circle = radius * np.stack([np.cos(round_about), np.sin(round_about)], axis=1)
        hull = cv2.convexHull(np.float32([corner + step for corner in corners for step in circle]))
        for layer in np.linspace(0, 1, 14):
            colour = tuple(float(s + layer * (h - s)) for s, h in zip(shade, light, strict=True))
            self.shape(list(middle + (1 - 0.6 * layer) * (hull[:, 0] - middle)), colour)

    def ball(self, centre: Point, radius: float, light: Colour, shade: Colour) -> None:
        """A shaded ball."""
        self.limb(centre, centre + 0.01, radius, radius, light, shade)

    def oval(
        self, centre: Point, axes: tuple[float, float], colour: Colour, angle: float = 0,
        arc: tuple[float, float] = (0, 360), line: int = -1,
    ) -> None:  # fmt: skip
        """An ellipse, or with `line` a stroke along an arc of it."""
        size = (max(1, round(axes[0] * FINE)), max(1, round(axes[1] * FINE)))
        cv2.ellipse(self.canvas, self._at(centre), size, angle, *arc, colour, line, cv2.LINE_AA)

    def shape(self, points: list[Point], colour: Colour) -> None:
        """A filled polygon."""
        corners = np.array([self._at(point) for point in points], np.int32)
        cv2.fillPoly(self.canvas, [corners], colour, cv2.LINE_AA)

    def _capsule(self, a: Point, b: Point, wide: float, narrow: float, colour: Colour) -> None:
        way = b - a
        out = np.array([way[1], -way[0]]) / max(float(np.hypot(*way)), 1e-6)
        self.shape([a + out * wide, b + out * narrow, b - out * narrow, a - out * wide], colour)
        for centre, radius in ((a, wide), (b, narrow)):
            cv2.circle(self.canvas, self._at(centre), round(radius * FINE), colour, -1, cv2.LINE_AA)

    @staticmethod
    def _at(point: Point) -> tuple[int, int]:
        return round(float(point[0]) * FINE), round(float(point[1]) * FINE)


def stage() -> np.ndarray:
    """Wall and floor with a pool of light."""
    width, height = SIZE
    y, x = np.mgrid[0 : height * FINE, 0 : width * FINE] / FINE
    light = np.exp(-(((x - MIDDLE) / 250) ** 2) - ((y - 330) / 330) ** 2)[..., None]
    wall = np.array([66, 72, 96]) + light * np.array([96, 100, 104])
    floor = np.array([92, 74, 66]) + light * np.array([84, 72, 60])
    blend = np.clip((y - 528) / 6, 0, 1)[..., None]
    return (wall + blend * (floor - wall)).astype(np.uint8)


STAGE = stage()


def paint(joints: dict[str, Point], turn: float) -> np.ndarray:
    """The picture `(640, 480, 3)` of a dancer with these joints, turned by so many degrees."""
    painter = Painter(STAGE.copy())
    for name in ("left", "right"):
        ankle = joints[f"{name}_ankle"]
        painter.oval(np.array([ankle[0] + 4, 604]), (40, 7), (84, 68, 64))
    far, near = ("left", "right") if turn > 0 else ("right", "left")
    if abs(turn) > 15:
        paint_arm(painter, joints, far)
    for name in (far, near):
        paint_leg(painter, joints, name)
    paint_body(painter, joints)
    paint_head(painter, joints["head"], joints["neck"], turn)
    for name in (far, near) if abs(turn) <= 15 else (near,):
        paint_arm(painter, joints, name)
    small = cv2.resize(painter.canvas, SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def paint_arm(painter: Painter, joints: dict[str, Point], name: str) -> None:
    """Sleeve, skin and hand."""
    shoulder, elbow, hand = (joints[f"{name}_{part}"] for part in ("shoulder", "elbow", "hand"))
    painter.limb(shoulder, elbow, 14, 11, SKIN, SKIN_SHADE)
    painter.limb(elbow, hand, 11, 8, SKIN, SKIN_SHADE)
    painter.limb(shoulder, shoulder + 0.55 * (elbow - shoulder), 18, 15, SHIRT, SHIRT_SHADE)
    way = (hand - elbow) / 70
    painter.limb(hand, hand + way * 14, 10, 7, SKIN, SKIN_SHADE)
    thumb = np.array([-way[1], way[0]]) * (1 if name == "left" else -1)
    painter.limb(hand + way * 4, hand + way * 12 + thumb * 9, 4, 3, SKIN, SKIN_SHADE)


def paint_leg(painter: Painter, joints: dict[str, Point], name: str) -> None:
    """Trouser leg and shoe."""
    hip, knee, ankle = (joints[f"{name}_{part}"] for part in ("hip", "knee", "ankle"))
    painter.limb(ankle, ankle + step(0, 8), 10, 10, SKIN, SKIN_SHADE)
    outwards = 1 if name == "left" else -1
    toe = ankle + np.array([outwards * 16, 17])
    painter.limb(ankle + step(outwards * -4, 12), toe, 11, 8, SHOE, SHOE_SHADE)
    painter.limb(knee, ankle + step(0, -4), 20, 14, TROUSERS, TROUSERS_SHADE)
    painter.limb(hip, knee, 27, 20, TROUSERS, TROUSERS_SHADE)


def paint_body(painter: Painter, joints: dict[str, Point]) -> None:
    """Neck, shirt and belt line."""
    chest, left, right = joints["chest"], joints["left_shoulder"], joints["right_shoulder"]
    painter.limb(joints["neck"] + step(0, 4), chest + step(0, 6), 13, 16, SKIN, SKIN_SHADE)
    painter.limb(joints["right_hip"], joints["left_hip"], 27, 27, TROUSERS, TROUSERS_SHADE)
    waist = [joints[f"{name}_hip"] + step(0, -14) for name in ("left", "right")]
    painter.body([left + step(0, 8), right + step(0, 8), *waist], 19, SHIRT, SHIRT_SHADE)
    painter.oval(chest + step(0, -5), (17, 9), SKIN)


def paint_head(painter: Painter, head: Point, neck: Point, turn: float) -> None:
    """Hair, face, eyes, nose and mouth, turned with the body."""
    tilt = float(np.degrees(np.arctan2(head[0] - neck[0], neck[1] - head[1])))
    look = np.array([np.sin(np.radians(turn)) * 13, 0])
    painter.ball(head + step(0, -8), 32, HAIR, HAIR_SHADE)
    painter.limb(
        head + step(-24, 0) - look * 0.3, head + step(-24, 22) - look * 0.3, 9, 6, HAIR, HAIR_SHADE
    )
    painter.limb(
        head + step(24, 0) - look * 0.3, head + step(24, 22) - look * 0.3, 9, 6, HAIR, HAIR_SHADE
    )
    painter.oval(head, (25, 33), SKIN_SHADE, tilt)
    painter.oval(head + step(-1.5, -1), (23.5, 31), SKIN, tilt)
    painter.oval(head + step(0, -22) + look * 0.4, (23, 11), HAIR, tilt)
    for sign in (-1, 1):
        eye = head + look + step(sign * 10, -4)
        painter.oval(eye, (6, 3.6), (252, 250, 246), tilt)
        painter.oval(eye + look * 0.1, (2.8, 3.2), (50, 36, 30), tilt)
        painter.oval(eye + step(0, -7), (7, 3), HAIR_SHADE, tilt, (200, 340), 2 * FINE)
        painter.oval(head + look + step(sign * 13, 9), (5, 3), (238, 164, 138), tilt)
    painter.oval(
        head + look * 1.25 + step(0, 6), (4, 5), (206, 146, 114), tilt, (20, 160), 2 * FINE
    )
    painter.oval(head + look + step(0, 15), (9, 5), (176, 60, 64), tilt, (0, 180))
    painter.oval(head + look + step(0, 15.5), (7, 1.6), (250, 246, 240), tilt, (0, 180))
