"""Bundles of format 1: the same files, described in other words."""

import tomllib
from importlib import resources
from typing import Any

SHAPE_KEYS = {"spread": "predicts_std", "hit_bands": "drum_bands", "floor": "min_channels"}
"""Settings of a generator: the word of format 1, and today's."""


def upgraded(config: dict[str, Any]) -> dict[str, Any]:
    """The description of a bundle of format 1 in the words of format 2."""
    settings = dict(config["settings"])
    if "generators" in settings:
        settings["generators"] = {
            level: {SHAPE_KEYS.get(key, key): value for key, value in shape.items()}
            for level, shape in settings["generators"].items()
        }
    return {**config, "format": 2, "settings": settings}


def styles() -> dict[str, Any]:
    """Tables, as in `styles.toml`, of the styles that d2m had rules for: they had no such file."""
    source = resources.files("d2m_cli.bundles").joinpath("format1_styles.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
