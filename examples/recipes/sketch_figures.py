"""What sketches of prepared music are like, by style: the figures of `d2m_cli/sketch/manners.py`.

python examples/recipes/sketch_figures.py --music cache/music
"""

import argparse
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from d2m_cli.data.cache import PieceFile
from d2m_cli.data.manifest import read_manifest
from d2m_cli.data.sketches import HOLDS, read_partials
from d2m_cli.sketch.partials import PITCHES, Partials
from d2m_cli.sketch.texture import OCTAVE

WITHOUT = ("*__hedgewars-data__*", "*__noiz2sa-data__*", "*__zaz-data__*")
"""As in the generators' recipes."""
MAX_UNSTEADINESS = 0.04


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
    for entry in read_manifest(options.music).entries:
        steady = entry.steadiness is not None and entry.steadiness <= MAX_UNSTEADINESS
        wanted = not any(fnmatchcase(entry.name, pattern) for pattern in WITHOUT)
        if entry.split == "train" and set(HOLDS) <= set(entry.holds) and steady and wanted:
            styles[entry.style].append(figures(read_partials(PieceFile(options.music, entry))))
    everything = [row for rows in styles.values() for row in rows]
    for style, rows in [*sorted(styles.items()), ("all", everything)]:
        *octaves, lasting = np.mean(rows, axis=0)
        shares = " ".join(f"{share:6.1f}" for share in octaves)
        print(f"{style:40s} {len(rows):3d} tracks  {shares} dB  {lasting:.0%} outlive")


if __name__ == "__main__":
    main()
