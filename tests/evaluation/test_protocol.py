"""The whole evaluation on cases without an answer: each is said, none is NaN or 0."""

import json

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.evaluation.baselines import GT, EvaluatedDance, System, click_track, references
from d2m_cli.evaluation.protocol import NO_UNIT, LabelledSegments, measure_systems
from d2m_cli.metrics.embeddings import MUSIC
from d2m_cli.report import tables
from d2m_cli.spec import SAMPLE_RATE

BEATS = np.arange(0.25, 3.0, 0.5)
NOTHING = np.zeros(0)
SILENCE = np.zeros(3 * SAMPLE_RATE, np.float32)
EMPTY = np.zeros(0, np.float32)
CLICKS = click_track(BEATS, 3.0)


def dance(name: str, reference: np.ndarray | None, beats: np.ndarray = BEATS) -> EvaluatedDance:
    return EvaluatedDance(name, 3.0, beats, beats, reference=reference)


def measured(dances: list[EvaluatedDance], *systems: System) -> dict[str, dict]:
    record = measure_systems(dances, systems, MUSIC)
    json.dumps(record, allow_nan=False)
    shown = [
        cell
        for table in (
            tables.main_table(record),
            *tables.detail_tables(record),
            *tables.paper_tables(record),
        )
        for row in table.rows
        for cell in row
    ]
    assert not {"nan", "inf"} & {cell.lower() for cell in shown}
    return {system["name"]: system for system in record["systems"]}


def test_silent_and_empty_references_and_pieces():
    dances = [dance("silent", SILENCE), dance("empty", EMPTY), dance("clicks", CLICKS)]
    pieces = {"silent": [CLICKS], "empty": [EMPTY], "clicks": [SILENCE]}
    rows = measured(dances, System("odd", pieces), references(dances))
    odd = rows["odd"]
    pairs = {pair["name"]: pair for pair in odd["beats"]["pairs"]}
    assert pairs.keys() == {"silent", "clicks"}
    assert pairs["silent"]["coverage"] is None and "no onset" in pairs["silent"]["notes"]
    assert pairs["clicks"]["coverage"] == pairs["clicks"]["hit"] == 0.0
    assert odd["beats"]["macro"] == {"coverage": 0.0, "hit": 0.0, "clips": 1}
    lifts = {clip["name"]: clip["lift"] for clip in odd["alignment"]["clips"]}
    assert lifts["clicks"] is None and lifts["silent"] > 0.3
    assert odd["alignment"]["scored"] == 1
    assert "no music for empty" in odd["notes"]
    assert rows[GT]["clips"] == 2


def test_one_clip_and_no_beats_in_the_dance():
    only = [dance("only", CLICKS, NOTHING)]
    row = measured(only, System("ours", {"only": [CLICKS, CLICKS[: 2 * SAMPLE_RATE]]}))["ours"]
    assert row["alignment"]["lift"] is None and row["alignment"]["mismatched"] is None
    assert row["beats"]["loris"]["csd"] is None and row["beats"]["macro"]["coverage"] == 1.0
    assert row["diversity_dances"] is None, "one dance differs from no other"


def test_without_any_real_music_distances_have_no_unit():
    ours = System("ours", {"a": [CLICKS, CLICKS]})
    row = measured([dance("a", None)], ours)["ours"]
    assert row["beats"] is None and row["frechet"]["distance"] is None
    assert row["diversity_seeds"] is None
    assert measure_systems([dance("a", None)], [ours], MUSIC)["notes"][0] == NO_UNIT


def test_unpaired_names_and_names_twice_are_refused():
    one = dance("a", CLICKS)
    with pytest.raises(DataError, match="'b', which is no dance"):
        measure_systems([one], [System("ours", {"b": [CLICKS]})], MUSIC)
    with pytest.raises(DataError, match="'a' is given twice"):
        measure_systems([one, one], [], MUSIC)
    with pytest.raises(DataError, match="no dance"):
        measure_systems([], [], MUSIC)


def test_genre_is_heard_in_units_of_the_segments():
    """Noise against clicks, whose loud figures must not hide the others."""
    noise = (0.1 * np.random.default_rng(0).standard_normal((4, 3 * SAMPLE_RATE))).astype("f4")
    segments = LabelledSegments([noise[0], noise[1], CLICKS, CLICKS * 0.5], ["a", "a", "b", "b"])
    dances = [EvaluatedDance(n, 3.0, BEATS, BEATS, genre=g) for n, g in (("x", "a"), ("y", "b"))]
    ours = System("ours", {"x": [noise[2]], "y": [click_track(BEATS + 0.1, 3.0)]})
    wrong = System("wrong", {"x": [CLICKS], "y": [noise[3]]})
    record = measure_systems(dances, [ours, wrong], MUSIC, segments=segments)
    assert [system["genre_accuracy"] for system in record["systems"]] == [1.0, 0.0]
    assert record["genre_chance"] == 0.5
