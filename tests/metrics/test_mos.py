"""Mean opinion scores: drawing of items, intervals, and wrong answers."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from d2m_cli.errors import DataError
from d2m_cli.metrics.mos import FORMAT, MosItem, MosPart, draw_items, make_key, opinion, score

KEY = make_key(
    "t",
    [
        MosItem("a1", MosPart.QUALITY, "ours", "x"),
        MosItem("a2", MosPart.QUALITY, "ours", "y"),
        MosItem("b1", MosPart.QUALITY, "theirs", "x"),
        MosItem("c1", MosPart.COHERENCE, "ours", "x"),
    ],
)


def answers(listener: str, **ratings: int) -> dict:
    return {"format": FORMAT, "test": KEY["test"], "listener": listener, "ratings": ratings}


def test_items_are_drawn_dance_by_dance():
    clips = {"one": list("abcdefgh"), "two": list("abcdefgh"), "three": ["a", "b"], "none": []}
    items = draw_items(clips, MosPart.QUALITY, seed=3, count=15)
    assert len(items) == len({item.token for item in items}) == 14, "two more would be sixteen"
    systems = {clip: {i.system for i in items if i.clip == clip} for clip in "abcdefgh"}
    assert systems["a"] == systems["b"] == {"one", "two", "three"}
    assert sorted(map(len, systems.values())) == [0, 0, 2, 2, 2, 2, 3, 3]
    assert draw_items(clips, MosPart.QUALITY, seed=3) == items
    others = draw_items(clips, MosPart.QUALITY, seed=4)
    assert {item.clip for item in others} != {item.clip for item in items}
    with pytest.raises(DataError):
        draw_items({"none": []}, MosPart.QUALITY, seed=0)


def test_systems_without_a_common_dance_have_as_many_items():
    clips = {"one": list("abcdef"), "two": list("uvwxyz")}
    counts = Counter(i.system for i in draw_items(clips, MosPart.QUALITY, seed=1, count=7))
    assert sorted(counts.values()) == [3, 4]


def test_tests_of_other_items_have_other_names():
    other = make_key("t", [MosItem("a1", MosPart.QUALITY, "theirs", "x")])
    assert other["test"] != KEY["test"]


def test_mean_and_interval_over_listeners():
    by_listener = [[4, 5], [3, 3], [5, 4, 3]]
    own = opinion(by_listener)
    assert own.mean == pytest.approx(27 / 7) and own.ratings == 7 and own.listeners == 3
    low, high = stats.t.interval(0.95, 2, np.mean([4.5, 3, 4]), stats.sem([4.5, 3, 4]))
    assert own.margin == pytest.approx((high - low) / 2)
    assert own.over == "listeners"


def test_one_listener_and_one_rating():
    own = opinion([[4, 2, 3]])
    assert own.over == "ratings" and own.margin == pytest.approx(4.303 / np.sqrt(3), rel=1e-3)
    assert opinion([[4]]).margin is None


def test_scores_by_part_and_system():
    scores = score(
        KEY, {"1": answers("ann", a1=5, a2=3, b1=1, c1=2), "2": answers("bob", a1=4, b1=2)}
    )
    assert scores["quality"]["ours"].mean == 4.0
    assert scores["quality"]["theirs"].mean == 1.5
    assert scores["coherence"]["ours"].ratings == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"1": answers("a", a1=6)}, "ratings are 1 to 5"),
        ({"1": answers("a", zz=3)}, "does not have"),
        ({"1": answers("a", a1=3) | {"test": "u"}}, "answers the test 'u'"),
        ({"1": {}}, "not an answer file"),
        ({"1": answers("a", a1=3), "2": answers("a", a1=4)}, "one listener"),
        ({}, "no answers"),
    ],
)
def test_wrong_answers_are_named(wrong, message):
    with pytest.raises(DataError, match=message):
        score(KEY, wrong)
