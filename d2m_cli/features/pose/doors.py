"""What may be asked of the pose: one of two doors, if it is there, and a dancer."""

from __future__ import annotations

from enum import StrEnum

from d2m_cli.errors import D2MError, InputError

MAIN, LEFT, RIGHT = "main", "left", "right"
"""Words for a dancer: who moves most, and who is at the edge of the group."""


class Door(StrEnum):
    """What runs MediaPipe's networks of pose; the faster one first."""

    LITERT = "litert"
    """LiteRT, with d2m's own tracking of several people."""
    MEDIAPIPE = "mediapipe"
    """MediaPipe's `solutions.pose`, which follows one person."""

    @property
    def package(self) -> str:
        """Name of the package, as it is installed."""
        return {Door.LITERT: "ai-edge-litert", Door.MEDIAPIPE: "mediapipe"}[self]

    @property
    def version(self) -> str | None:
        """Version of the package; None where it is not installed, or is of no use here.

        MediaPipe 1.x has neither `solutions` nor the networks.
        """
        from importlib import metadata, util

        module = self.package.replace("-", "_")
        try:
            version = metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return None
        if self is Door.MEDIAPIPE and int(version.partition(".")[0]) > 0:
            return None
        return version if util.find_spec(module) else None


def doors() -> list[Door]:
    """Those that are there, the faster one first."""
    return [door for door in Door if door.version]


def choose_door(wish: Door | None = None) -> Door:
    """The door that is wished, or the faster one.

    Raises `D2MError` where it is not there.
    """
    there = doors()
    if wish in there or (wish is None and there):
        return wish or there[0]
    missing = wish or Door.LITERT
    advice = f"use --pose {there[0]}, or install" if there else "install"
    raise D2MError(
        f"The pose cannot be estimated with {missing} here: {advice} the package "
        f"{missing.package} (for MediaPipe Python 3.12 or older is needed)."
    )


def dancer_word(text: str) -> str:
    """`main`, `left`, `right` or a number from 1 on. Raises `InputError` for anything else."""
    word = text.strip().lower()
    if word in (MAIN, LEFT, RIGHT) or (word.isdecimal() and int(word) > 0):
        return word
    raise InputError(
        f"'{text}' names no dancer: use main, left, right, or a number from the left, from 1 on."
    )
