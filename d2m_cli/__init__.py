"""d2m gives a dance video new music that fits the dance.

from d2m_cli import Dance2Music

maker = Dance2Music.from_bundle()
track = maker.generate("dance.mp4", seed=3)
maker.save(track, "out.mp4")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from d2m_cli.generation.pipeline import Dance2Music

__version__ = "0.1.0"
__all__ = ["Dance2Music", "__version__"]


def __getattr__(name: str) -> Any:
    # The pipeline imports torch and MediaPipe: only when it is asked for.
    if name == "Dance2Music":
        from d2m_cli.generation.pipeline import Dance2Music

        return Dance2Music
    raise AttributeError(f"module 'd2m_cli' has no attribute '{name}'")
