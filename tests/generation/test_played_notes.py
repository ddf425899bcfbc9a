"""The embedded generator of the high level hears the notes of a score."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.spec import Level


def test_notes_are_heard_where_they_are(dance_clips: dict[str, Path]) -> None:
    maker = Dance2Music.from_bundle().maker
    assert isinstance(maker, D2MMaker)
    dance = Dance2Music(maker).analyze(dance_clips["first"]).dance
    level = Level.HIGH
    model, style = maker.level_model(level), maker.choose_style("house", None, 0)
    sketch = model.sketch(dance, style, 0)
    assert sketch is not None and sketch.notes is not None
    half = dance.seconds / 2
    fewer = replace(sketch, notes=sketch.notes[:, sketch.notes[0] < half])
    unheard = replace(sketch, notes=None)
    whole, cut, coarse = (
        np.concatenate([c.numpy() for c in model.sample_codes(dance, style, 0, sketch=one)])
        for one in (sketch, fewer, unheard)
    )
    early, late = int((half - 1.0) * level.code_rate), int(half * level.code_rate)
    assert np.array_equal(whole[:early], cut[:early])
    assert np.mean(whole[late:] != cut[late:]) > 0.5
    assert np.mean(whole != coarse) > 0.5
