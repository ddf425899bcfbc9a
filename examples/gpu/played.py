"""The songs of a cache as `sketch.play` sounds their notes, in the phases that they have in the
music, one .npy a song.

python examples/gpu/played.py --songs cache/songs -o played
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from d2m_cli.bundles.styles import read_styles
from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.pcm import to_float, to_int16
from d2m_cli.sketch.play import TimedNote, phases_in, play, sounding
from d2m_cli.songs.features import PARTS
from d2m_cli.spec import SIXTEENTHS_PER_BEAT


def main() -> None:
    """Write all songs; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    styles = read_styles(None)
    for entry in read_manifest(options.songs).entries:
        file = PieceFile(options.songs, entry)
        notes = [
            TimedNote(PARTS[int(part)], start, end, round(pitch), velocity)
            for part, start, end, pitch, velocity in file.whole("notes").T.tolist()
        ]
        sixteenth = float(np.median(np.diff(file.whole("beats")))) / SIXTEENTHS_PER_BEAT
        wave = to_float(file.whole("audio"))
        rows = sounding(notes, styles[entry.style].rules, sixteenth, partial(phases_in, wave))
        sound = play(rows, 0, len(wave))
        np.save(options.out / f"{entry.name}.npy", to_int16(sound))


if __name__ == "__main__":
    main()
