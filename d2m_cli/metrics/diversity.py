"""How different are the pieces? Mean euclidean distance between piece embeddings.

Convention: a piece is the mean of its frame embeddings; *over dances* compares pieces made for
different dances with the same seed, *over seeds* pieces made for one dance (then the mean over
dances). The figure has the embedding's unit: compare it with the same figure of the reference
music, not with 0.

Metrics
-------
* `mean_distance`: of all pairs of pieces
* `over_seeds`: mean over dances of the distance between pieces of several seeds

>>> mean_distance(np.array([[0.0, 0.0], [3.0, 4.0]]))
5.0
"""

from collections.abc import Iterable, Sequence

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.metrics.frechet import Embeddings


def validate(pieces: Embeddings) -> None:
    """Raise `DataError` unless `pieces` `(P, D)` are finite."""
    if pieces.ndim != 2 or not np.isfinite(pieces).all():
        raise DataError(f"Piece embeddings of shape {pieces.shape} are not finite rows (P, D).")


def mean_distance(pieces: Embeddings) -> float | None:
    """Mean distance between all pairs of `(P, D)`; `None` for fewer than two pieces."""
    validate(pieces)
    if len(pieces) < 2:
        return None
    first, second = np.triu_indices(len(pieces), k=1)
    return float(np.linalg.norm(pieces[first] - pieces[second], axis=1).mean())


def over_seeds(dances: Iterable[Sequence[Embeddings]]) -> float | None:
    """Mean over dances of the distance between the pieces `(D,)` of several seeds.

    `None` when no dance has two seeds.
    """
    distances = [mean_distance(np.stack(pieces)) for pieces in dances if len(pieces) > 1]
    known = [distance for distance in distances if distance is not None]
    return float(np.mean(known)) if known else None
