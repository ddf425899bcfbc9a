"""Frechet distance: closed form, identity, and another implementation."""

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.metrics.frechet import frechet_distance, half_distance, standardise


def exactly(mean: np.ndarray, spread: np.ndarray, rows: int = 400) -> np.ndarray:
    """Rows whose sample mean and covariance are exactly these."""
    raw = np.random.default_rng(0).standard_normal((rows, len(mean)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw, rowvar=False))).T
    return white @ np.linalg.cholesky(spread).T + mean


def test_two_gaussians_with_common_axes():
    first = exactly(np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    second = exactly(np.array([1.0, 2.0, 0.0]), np.diag([4.0, 4.0, 1.0]))
    expected = 1 + 4 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2
    assert frechet_distance(first, second) == pytest.approx(expected)


def test_two_gaussians_with_crossed_axes():
    """For 2 x 2 matrices tr(A^(1/2)) = sqrt(tr A + 2 sqrt(det A))."""
    one, other = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    product = one @ other
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    distance = frechet_distance(exactly(np.zeros(2), one), exactly(np.ones(2), other))
    assert distance == pytest.approx(2 + np.trace(one) + np.trace(other) - 2 * root)


def test_a_set_against_itself_is_zero():
    rows = np.random.default_rng(1).standard_normal((50, 8))
    assert frechet_distance(rows, rows) == pytest.approx(0.0, abs=1e-9)
    fewer_than_wide = rows[:4]
    assert frechet_distance(fewer_than_wide, fewer_than_wide) == pytest.approx(0.0, abs=1e-6)


def test_equals_torchmetrics():
    image = pytest.importorskip("torchmetrics.image.fid", reason="needs torchmetrics")
    import torch

    class Unchanged(torch.nn.Module):
        num_features = 6

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return rows

    random = np.random.default_rng(2)
    real = random.standard_normal((80, 6)) @ random.standard_normal((6, 6))
    made = random.standard_normal((70, 6)) + 0.5
    theirs = image.FrechetInceptionDistance(feature=Unchanged()).set_dtype(torch.float64)
    theirs.update(torch.from_numpy(real), real=True)
    theirs.update(torch.from_numpy(made), real=False)
    assert frechet_distance(real, made) == pytest.approx(float(theirs.compute()), rel=1e-5)


def test_halves_and_units():
    random = np.random.default_rng(3)
    pieces = [random.standard_normal((20, 3)) * [1, 100, 0] for _ in range(6)]
    assert half_distance(pieces[:3]) is None
    assert half_distance(pieces) > 0
    real = np.concatenate(pieces)
    (same,) = standardise(real, [real])
    assert same.shape == (120, 2)
    np.testing.assert_allclose(same.std(axis=0), 1.0)


@pytest.mark.parametrize("wrong", [np.zeros((1, 3)), np.full((5, 3), np.nan), np.zeros((5, 2))])
def test_unusable_sets_are_named(wrong):
    with pytest.raises(DataError):
        frechet_distance(np.random.default_rng(0).standard_normal((5, 3)), wrong)
