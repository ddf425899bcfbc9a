"""A sketch is a score, rendered with sinusoids and drum samples, that conditions G_vq.

`score` writes notes and drum onsets by the `rules` of a style; `humanise` makes their levels those
of real music; `arrange` joins the two for a dance. `partials` (sinusoids) and `drums` (onsets and
their strokes) take the sketch of real music, for training, and render any sketch as sound, which
the codec encodes. `arrangement` is a sketch in words: chords and sections with their times.
"""
