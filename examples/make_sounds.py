"""Music of the embedded bundle for `dance.mp4`: short files and a picture of their spectrograms.

python examples/make_sounds.py
"""

from pathlib import Path

from d2m_cli import Dance2Music
from d2m_cli.report.curves import plot_spectrograms
from d2m_cli.spec import Level

HERE = Path(__file__).parent
PIECES = (
    (Level.LOW, "house", 0),
    (Level.LOW, "pop", 0),
    (Level.LOW, "funk", 0),
    (Level.HIGH, "chiptune", 0),
    (Level.HIGH, "rock", 1),
    (Level.HIGH, "salsa", 0),
)
"""Level, style and seed."""


def main() -> None:
    """Write `sounds/LEVEL_STYLE_SEED.mp3` and `sounds/spectrograms.jpg`."""
    folder = HERE / "sounds"
    folder.mkdir(exist_ok=True)
    maker = Dance2Music.from_bundle()
    analysis = maker.analyze(HERE / "dance.mp4")
    heard = {}
    for level, name, seed in PIECES:
        track = maker.compose(analysis, level, style=name, seed=seed)
        title = f"{level}_{name}_{seed}"
        track.save(folder / f"{title}.mp3", overwrite=True)
        heard[title] = track.samples
    picture = plot_spectrograms(heard)
    picture.savefig(folder / "spectrograms.jpg", dpi=70, pil_kwargs={"quality": 80})


if __name__ == "__main__":
    main()
