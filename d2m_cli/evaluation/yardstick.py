"""Is a distance worth quoting? It must rank sets of known quality correctly.

Convention: a music collection is split in two halves (odd and even places). One half is the
reference; the other is measured as it is (*real*) and through the codec (*reconstruction*), beside
*random codes* through the decoder, *white noise* of the same level and a *click track* of a random
tempo. A distance ranks correctly when real is nearer than the reconstruction, and that nearer than
each of the other three.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.evaluation.baselines import RANDOM_CODES, RECONSTRUCTION, click_track
from d2m_cli.metrics.embeddings import Embedding
from d2m_cli.metrics.frechet import frechet_distance, standardise
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

REAL, NOISE, CLICKS = "real music", "white noise", "click track"
WORSE = (RANDOM_CODES, NOISE, CLICKS)

Pieces = Sequence[FloatArray]


def validate(pieces: Pieces) -> None:
    """Raise `DataError` unless there are enough pieces for two halves."""
    if len(pieces) < 8:
        raise DataError(f"{len(pieces)} pieces are too few for two halves: give at least eight.")


def known_sets(
    pieces: Pieces,
    reconstruct: Callable[[FloatArray], FloatArray],
    random_codes: Callable[[float, int], FloatArray],
) -> dict[str, list[FloatArray]]:
    """The five sets of known quality made from real `pieces` `(N,)` at `SAMPLE_RATE`."""
    return {
        REAL: list(pieces),
        RECONSTRUCTION: [reconstruct(piece) for piece in pieces],
        RANDOM_CODES: [random_codes(len(p) / SAMPLE_RATE, seed) for seed, p in enumerate(pieces)],
        NOISE: [white_noise(piece, seed) for seed, piece in enumerate(pieces)],
        CLICKS: [random_clicks(len(p) / SAMPLE_RATE, seed) for seed, p in enumerate(pieces)],
    }


def white_noise(piece: FloatArray, seed: int) -> FloatArray:
    """Noise `(N,)` with the root mean square of a piece."""
    level = float(np.sqrt(np.mean(piece.astype(np.float64) ** 2)))
    noise = np.random.default_rng(seed).standard_normal(len(piece)) * level
    return noise.clip(-1.0, 1.0).astype(np.float32)


def random_clicks(seconds: float, seed: int) -> FloatArray:
    """A click track `(N,)` of 80 to 160 bpm at a random phase."""
    random = np.random.default_rng(seed)
    period = 60.0 / random.uniform(80.0, 160.0)
    return click_track(np.arange(random.uniform(0.0, period), seconds, period), seconds)


def distances(
    embedding: Embedding, reference: Pieces, sets: Mapping[str, Pieces]
) -> dict[str, float]:
    """Frechet distance of each of the `sets` from the reference pieces. Raises `DataError`."""
    validate([*reference, *sets[REAL]])
    real = np.concatenate([embedding.compute(piece) for piece in reference])
    result = {}
    for name, pieces in sets.items():
        rows = np.concatenate([embedding.compute(piece) for piece in pieces])
        pair = standardise(real, [real, rows]) if embedding.standardised else [real, rows]
        result[name] = frechet_distance(*pair)
    return result


def ranks_correctly(result: Mapping[str, float]) -> bool:
    """Real music nearest, then the reconstruction, then all else."""
    worst = min(result[name] for name in WORSE)
    return result[REAL] < result[RECONSTRUCTION] < worst
