"""Does --style-audio bring the music near to the song, nearer than any named style does?

python benchmarks/style_audio.py MUSIC_FOLDER VIDEO [--songs 10] [--level high] [--bundle weights]

Songs are taken evenly over the folder, a minute of the middle of each. A piece of 20 s for the
dance, which is repeated to that length, is made in every named style and in that of each song.
Distance: between the mean figures (`metrics.embeddings.MUSIC`) of a piece and of the song, in units
of the songs' spread.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from d2m_cli.data.sources.music import SOUND
from d2m_cli.evaluation.styles_report import repeated
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.styles import middle
from d2m_cli.ingest.sound import load_sound
from d2m_cli.metrics.embeddings import music_statistics
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis, FloatArray

SECONDS = 20.0


def main() -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("--songs", type=int, default=10)
    parser.add_argument("--level", type=Level, default=Level.HIGH)
    parser.add_argument("--bundle")
    options = parser.parse_args()
    paths = sorted(p for p in options.music.rglob("*") if p.suffix.lower() in SOUND)
    paths = [paths[int(n)] for n in np.linspace(0, len(paths) - 1, options.songs)]
    songs = [music_statistics(middle(load_sound(path, SAMPLE_RATE))) for path in paths]
    spread = np.concatenate(songs).std(axis=0)
    maker = Dance2Music.from_bundle(options.bundle)
    analysis = Analysis(repeated(maker.analyze(options.video).dance, SECONDS))
    named = {
        style: music_statistics(maker.compose(analysis, options.level, style=style).samples)
        for style in maker.styles
    }
    nearer = []
    for path, song in zip(paths, songs, strict=True):
        style = maker.choose_style(audio=path)
        track = maker.compose(analysis, options.level, style=style)

        def away(rows: FloatArray, song: FloatArray = song) -> float:
            return float(np.linalg.norm((rows.mean(axis=0) - song.mean(axis=0)) / spread))

        own = away(music_statistics(track.samples))
        others = {style: away(rows) for style, rows in named.items()}
        best = min(others, key=lambda style: others[style])
        nearer.append(sum(other < own for other in others.values()))
        line = {"song": path.stem, "own": own, best: others[best], "named_nearer": nearer[-1]}
        print(json.dumps(line), flush=True)
    share = float(np.mean([count == 0 for count in nearer]))
    print(json.dumps({"nearer_than_every_style": share, "of_styles": len(named)}))


if __name__ == "__main__":
    main()
