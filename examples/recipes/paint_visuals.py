"""Visual vectors for a cache of dances without pictures (painted dancers, seen by the slim I3D).

python examples/recipes/paint_visuals.py cache/dances runs/visual/i3d.safetensors
"""

import sys
from pathlib import Path

from d2m_cli.training.painted import add_painted_visuals
from d2m_cli.training.settings import read_settings
from d2m_cli.training.visual_stage import VisualTraining


def main() -> None:
    """Usage: paint_visuals.py CACHE I3D."""
    cache, i3d = map(Path, sys.argv[1:3])
    settings = read_settings(Path(__file__).with_name("visual.toml"), VisualTraining).visual
    add_painted_visuals(cache, i3d, settings, lambda done, total: print(f"{done} of {total}"))


if __name__ == "__main__":
    main()
