"""Genre accuracy by retrieval, and diversity: hand-made embeddings."""

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.metrics.diversity import mean_distance, over_seeds
from d2m_cli.metrics.genre import chance, genre_accuracy, retrieved_genres

SEGMENTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0], [1.0, 5.0]])
LABELS = ["pop", "pop", "lock", "break"]


def test_accuracy_is_the_share_of_right_retrievals():
    made = np.array([[0.1, 0.2], [0.2, 4.0], [0.9, 4.0], [0.4, 0.0]])
    assert retrieved_genres(made, SEGMENTS, LABELS) == ["pop", "lock", "break", "pop"]
    assert genre_accuracy(made, ["pop", "lock", "lock", "break"], SEGMENTS, LABELS) == 0.5


def test_chance_follows_the_segments():
    assert chance(LABELS, ["pop", "lock"]) == pytest.approx((0.5 + 0.25) / 2)


def test_missing_labels_and_segments_are_named():
    assert genre_accuracy(np.zeros((0, 2)), [], SEGMENTS, LABELS) is None
    with pytest.raises(DataError, match="one genre for each"):
        genre_accuracy(SEGMENTS, ["pop"], SEGMENTS, LABELS)
    with pytest.raises(DataError, match="labelled segments"):
        genre_accuracy(SEGMENTS[:1], ["pop"], np.zeros((0, 2)), [])


def test_mean_distance_of_a_triangle():
    assert mean_distance(np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])) == pytest.approx(4.0)
    assert mean_distance(np.zeros((1, 2))) is None
    with pytest.raises(DataError):
        mean_distance(np.full((2, 2), np.nan))


def test_seeds_are_compared_within_a_dance():
    one = [np.zeros(2), np.array([0.0, 2.0])]
    other = [np.full(2, 100.0), np.array([100.0, 104.0])]
    assert over_seeds([one, other, [np.zeros(2)]]) == pytest.approx(3.0)
    assert over_seeds([[np.zeros(2)]]) is None
