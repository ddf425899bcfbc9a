"""Measures of music for dance: arrays in, numbers out; each module opens with its convention."""

from importlib import import_module
from typing import Any

_HOME = {
    "alignment": (
        "Direction",
        "alignment_lift",
        "beat_alignment_score",
        "kinematic_beats",
    ),
    "answers": (
        "accent_response",
        "busyness",
        "correlation_with_energy",
        "freeze_contrast",
        "loudness",
    ),
    "coverage": (
        "BeatLevelScore",
        "CellScore",
        "LorisScore",
        "beat_level",
        "cell_score",
        "loris",
        "macro",
        "music_cells",
        "onset_cells",
        "onset_times",
        "pooled",
    ),
    "pairs": ("PairScore", "compare_pair"),
    "diversity": ("mean_distance", "over_seeds"),
    "embeddings": ("EMBEDDINGS", "Embedding", "log_mel_statistics", "music_statistics"),
    "frechet": ("frechet_distance", "half_distance", "standardise"),
    "genre": ("genre_accuracy", "retrieved_genres"),
    "mos": ("Opinion", "opinion", "score"),
    "onsets": ("music_beats", "music_onsets", "onset_curve", "track_beats"),
    "descriptors": ("Quality", "measure"),
    "statistics": ("deviation", "margin", "mean"),
    "traits": ("StyleClassifier", "traits"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Load the module of a measure when it is first asked for, so that importing this is cheap."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
