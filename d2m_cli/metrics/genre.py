"""Genre accuracy by retrieval (paper 4.2).

Convention: each generated piece is compared with all segments of original music by the euclidean
distance of their embeddings (the paper's: VGGish, averaged over the piece); it is correct when the
nearest segment has the genre of the dance. With balanced genres chance is 1 / genres (10 in
AIST++).

Metrics
-------
* `genre_accuracy`: share of pieces whose nearest segment has the dance's genre
* `chance`: that of blind retrieval

>>> segments = np.array([[0.0], [10.0]])
>>> genre_accuracy(np.array([[1.0], [2.0]]), ["pop", "lock"], segments, ["pop", "lock"])
0.5
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.metrics.frechet import Embeddings


def validate(
    generated: Embeddings, genres: Sequence[str], segments: Embeddings, labels: Sequence[str]
) -> None:
    """Raise `DataError` unless there is a label for each row and at least one segment."""
    if len(generated) != len(genres) or len(segments) != len(labels):
        raise DataError("Genre accuracy needs one genre for each piece and each segment.")
    if not len(segments):
        raise DataError("Genre accuracy needs labelled segments of original music.")
    if generated.ndim != 2 or generated.shape[1:] != segments.shape[1:]:
        raise DataError("The pieces and the segments have embeddings of different widths.")


def retrieved_genres(
    generated: Embeddings, segments: Embeddings, labels: Sequence[str]
) -> list[str]:
    """Genre of the nearest of the segments `(S, D)` for each generated piece `(P, D)`."""
    distances = np.linalg.norm(generated[:, np.newaxis] - segments[np.newaxis], axis=2)
    return [labels[nearest] for nearest in distances.argmin(axis=1)]


def genre_accuracy(
    generated: Embeddings, genres: Sequence[str], segments: Embeddings, labels: Sequence[str]
) -> float | None:
    """Share 0..1 of pieces `(P, D)` whose nearest segment `(S, D)` has the dance's genre.

    `None` without a piece. Raises `DataError` (see `validate`).
    """
    validate(generated, genres, segments, labels)
    found = retrieved_genres(generated, segments, labels)
    right = [one == other for one, other in zip(found, genres, strict=True)]
    return float(np.mean(right)) if right else None


def chance(labels: Sequence[str], genres: Sequence[str]) -> float:
    """Accuracy 0..1 of drawing a segment blindly, for these segment `labels` and dance `genres`."""
    share = Counter(labels)
    return float(np.mean([share[genre] / len(labels) for genre in genres]))
