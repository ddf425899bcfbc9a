"""The two ways to estimate a pose, and which of them are there."""

from __future__ import annotations

from enum import StrEnum
from importlib import metadata, util

from d2m_cli.errors import D2MError


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
