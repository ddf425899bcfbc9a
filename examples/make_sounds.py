"""Music of the embedded bundle for `dance.mp4`: short files and a picture of their spectrograms.

python examples/make_sounds.py
"""

from pathlib import Path

import soundfile

from d2m_cli import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.output.mux import write_sound
from d2m_cli.report.curves import plot_spectrograms
from d2m_cli.spec import Level

HERE = Path(__file__).parent
PIECES = (
    (Level.LOW, "electronic", 0),
    (Level.LOW, "pop", 0),
    (Level.HIGH, "chiptune", 0),
    (Level.HIGH, "rock", 1),
)
"""Level, style and seed."""


def main() -> None:
    """Write `sounds/LEVEL_STYLE_SEED.mp3` and `sounds/spectrograms.jpg`."""
    folder = HERE / "sounds"
    folder.mkdir(exist_ok=True)
    maker = Dance2Music.from_bundle()
    dance = maker.analyze(probe(HERE / "dance.mp4"))
    heard = {}
    for level, name, seed in PIECES:
        music = maker.render(dance, level, maker.choose_style(name, None, seed), seed)
        title = f"{level}_{name}_{seed}"
        write_sound(music, folder / f"{title}.mp3")
        heard[title] = soundfile.read(music, dtype="float32")[0]
    picture = plot_spectrograms(heard)
    picture.savefig(folder / "spectrograms.jpg", dpi=70, pil_kwargs={"quality": 80})


if __name__ == "__main__":
    main()
