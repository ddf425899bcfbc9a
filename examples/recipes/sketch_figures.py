"""What sketches of prepared music are like, by style: the figures of `d2m_cli/sketch/rules.py`.

python examples/recipes/sketch_figures.py --music cache/music
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import read_partials
from d2m_cli.data.pairs.dataset import SegmentSettings, music_holds, select
from d2m_cli.sketch.humanise import OCTAVE
from d2m_cli.sketch.partials import PITCHES, Partials
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.run.settings import read_settings

RECIPE = Path(__file__).parent / "generator_high.toml"
"""Tells which music is left out, and how steady it must be."""


def figures(partials: Partials) -> list[float]:
    """Share of each octave in dB, then the share of partials that outlive their sixteenth."""
    levels = np.zeros((len(partials.times), PITCHES))
    np.put_along_axis(levels, partials.pitch.astype(int), partials.level, 1)
    octaves = (levels**2).sum(axis=0).reshape(-1, OCTAVE).sum(axis=1)
    sounding = levels > 0
    lasting = (sounding[1:] & sounding[:-1]).sum() / sounding[:-1].sum()
    return [*(10 * np.log10(octaves / octaves.sum() + 1e-9)), float(lasting)]


def main() -> None:
    """Print the means of the training music's steady tracks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--music", type=Path, default=Path("cache/music"))
    options = parser.parse_args()
    styles = defaultdict(list)
    recipe = read_settings(RECIPE, GeneratorConfig).pairs
    wanted = SegmentSettings(
        without=recipe.without, max_unsteadiness=recipe.max_unsteadiness, sketched=True
    )
    for entry in select(options.music, wanted, ("beats", *music_holds(wanted))):
        styles[entry.style].append(figures(read_partials(PieceFile(options.music, entry))))
    everything = [row for rows in styles.values() for row in rows]
    for style, rows in [*sorted(styles.items()), ("all", everything)]:
        *octaves, lasting = np.mean(rows, axis=0)
        shares = " ".join(f"{share:6.1f}" for share in octaves)
        print(f"{style:40s} {len(rows):3d} tracks  {shares} dB  {lasting:.0%} outlive")


if __name__ == "__main__":
    main()
