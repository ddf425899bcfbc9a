"""d2m gives a dance video new music that fits the dance.

from d2m_cli import Dance2Music

maker = Dance2Music.from_bundle()
track = maker.generate("dance.mp4", style="rock", seed=3)
track.save("out.mp4")
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as typing's, which takes long to import
if TYPE_CHECKING:
    from typing import Any

    from d2m_cli.evaluation.evaluate import EvaluateOptions as EvaluateOptions
    from d2m_cli.evaluation.evaluate import evaluate as evaluate
    from d2m_cli.generation.pipeline import Dance2Music as Dance2Music
    from d2m_cli.generation.track import Track as Track
    from d2m_cli.spec import Level as Level
    from d2m_cli.studio.settings import TakeSettings as TakeSettings
    from d2m_cli.studio.studio import Studio as Studio
    from d2m_cli.studio.takes import Take as Take
    from d2m_cli.types import Dance as Dance

__version__ = "0.1.0"

EXPORTS = {
    "Dance2Music": "d2m_cli.generation.pipeline",
    "Track": "d2m_cli.generation.track",
    "Dance": "d2m_cli.types",
    "Level": "d2m_cli.spec",
    "Studio": "d2m_cli.studio.studio",
    "Take": "d2m_cli.studio.takes",
    "TakeSettings": "d2m_cli.studio.settings",
    "evaluate": "d2m_cli.evaluation.evaluate",
    "EvaluateOptions": "d2m_cli.evaluation.evaluate",
}
"""Where each name of the Python interface stands; imported when it is first used, for the pipeline
needs torch and MediaPipe."""

__all__ = [*EXPORTS, "__version__"]


def __getattr__(name: str) -> Any:
    if name in EXPORTS:
        return getattr(import_module(EXPORTS[name]), name)
    raise AttributeError(f"module 'd2m_cli' has no attribute '{name}'")
