"""The score of a dance's music, played by instruments instead of a network."""

from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from d2m_cli.sketch.arrange import dance_score
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.songs.instruments import choose_instruments
from d2m_cli.songs.mix import mix
from d2m_cli.songs.play import play_notes
from d2m_cli.songs.synth import RATE
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Events, FloatArray, Rhythm


def play_for_dance(
    rhythm: Rhythm,
    energy: FloatArray,
    seconds: float,
    style: str,
    rules: StyleRules,
    seed: int,
    font: Path,
    samples: Path | None = None,
    events: Events = Events(),
    limbs: FloatArray | None = None,
) -> FloatArray:
    """Music `(N,)` at `SAMPLE_RATE` for a dance, of the notes that its sketch would hold.

    The arguments of `sketch.arrange.arrange`, a soundfont, and a folder of one-shots if there is
    one. Raises what `songs.play.play` raises.
    """
    written = dance_score(rhythm, energy, style, rules, seed, events, limbs)
    notes = [n for n in written.score.notes if written.grid.seconds(np.array(n.start)) >= 0]
    instruments = choose_instruments(style, seed, samples is not None)

    def time(step: float) -> float:
        return float(written.grid.seconds(np.array(step)))

    stems, kicks = play_notes(notes, time, seconds, instruments, font, samples)
    together, _ = mix(stems, instruments, kicks)
    mono = resample_poly(together.mean(axis=0), SAMPLE_RATE, RATE)
    return np.asarray(mono[: round(seconds * SAMPLE_RATE)], np.float32)
