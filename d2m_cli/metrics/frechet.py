"""Frechet distance between two sets of embeddings.

Convention: `||mu_r - mu_g||^2 + tr(S_r + S_g - 2 (S_r S_g)^(1/2))` with sample covariances (ddof
1), the distance between two gaussians fitted to the sets (Dowson and Landau 1982; for music Kilgour
et al., "Frechet Audio Distance", 2019). With VGGish embeddings it is FAD; with any other it must be
named after the embedding. Small sets make it too large: report their sizes, and the distance
between two halves of the real set.

Metrics
-------
* `frechet_distance`: of two sets of embeddings
* `half_distance`: of two halves of one set
* `standardise`: sets in units of the real one

>>> rows = np.random.default_rng(0).standard_normal((100, 3))
>>> round(frechet_distance(rows, rows + [2.0, 0.0, 0.0]), 6)
4.0
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError

Embeddings = NDArray[np.floating]
"""`(F, D)`: one row for each frame or piece."""


def validate(real: Embeddings, generated: Embeddings) -> None:
    """Raise `DataError` unless both are finite, of the same width, and of at least two rows."""
    for name, rows in (("real", real), ("generated", generated)):
        if rows.ndim != 2 or len(rows) < 2:
            raise DataError(
                f"The {name} set has embeddings of shape {rows.shape}: a Frechet distance needs "
                "at least two rows."
            )
        if not np.isfinite(rows).all():
            raise DataError(f"The embeddings of the {name} set hold values that are not finite.")
    if real.shape[1] != generated.shape[1]:
        raise DataError(
            f"Embeddings of width {real.shape[1]} and {generated.shape[1]} do not compare."
        )


def frechet_distance(real: Embeddings, generated: Embeddings) -> float:
    """Distance, 0 upwards, of embeddings `(F, D)` and `(G, D)`; not symmetric in its bias only.

    Raises `DataError` (see `validate`).
    """
    validate(real, generated)
    real, generated = real.astype(np.float64), generated.astype(np.float64)
    shift = real.mean(axis=0) - generated.mean(axis=0)
    spread_r, spread_g = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (real, generated))
    # (S_r S_g)^(1/2) has the trace of (S_r^(1/2) S_g S_r^(1/2))^(1/2), which stays symmetric and so
    # needs no complex square root even when the sets are smaller than the embedding is wide.
    root = _square_root(spread_r)
    common = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ spread_g @ root), 0.0)).sum()
    distance = shift @ shift + np.trace(spread_r) + np.trace(spread_g) - 2.0 * common
    return float(max(distance, 0.0))


def half_distance(groups: list[Embeddings]) -> float | None:
    """Distance between two halves of a real set: what this measure shows for no difference at all.

    `groups` holds the embeddings `(F, D)` of each piece; a piece stays in one half (odd and even
    places). `None` for fewer than four pieces.
    """
    if len(groups) < 4:
        return None
    return frechet_distance(np.concatenate(groups[::2]), np.concatenate(groups[1::2]))


def standardise(real: Embeddings, others: list[Embeddings]) -> list[Embeddings]:
    """`others` in units of the real set's spread, each column by itself: real has mean 0, spread 1.

    For embeddings made of unlike figures, so that their units do not decide. Columns that do not
    vary in the real set are left out.
    """
    mean, spread = real.mean(axis=0), real.std(axis=0)
    kept = spread > 1e-9
    return [(rows[:, kept] - mean[kept]) / spread[kept] for rows in others]


def _square_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
