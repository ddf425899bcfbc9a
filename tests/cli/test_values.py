"""Words of the command line that stand for values."""

import pytest
import typer

from d2m_cli.cli import values
from d2m_cli.cli.values import Tempo


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3.0), ("12.5", 12.5), ("0:03", 3.0), ("1:02.5", 62.5), ("1:00:00", 3600.0)],
)
def test_times(text: str, expected: float) -> None:
    assert values.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "1:2:3:4", "1:", "three", "0:-3"])
def test_what_is_not_a_time(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="not a time"):
        values.seconds(text)


def test_tempo() -> None:
    assert values.tempo("120") == values.tempo("120 bpm") == Tempo(120.0)
    assert values.tempo("X2") == values.tempo("double") == Tempo(factor=2.0)
    assert values.tempo("half") == Tempo(factor=0.5)
    for text in ("nan", "20", "1000", "x9", ""):
        with pytest.raises(typer.BadParameter, match="not a tempo"):
            values.tempo(text)


def test_numbers_within_limits() -> None:
    share, takes = values.number(0.0, 1.0), values.whole(1, 10)
    assert share("0.3") == 0.3 and takes("3") == 3
    for text in ("nan", "1.5", "-0.1", "much"):
        with pytest.raises(typer.BadParameter, match="number"):
            share(text)
    for text in ("0", "11", "2.5", "1e3", "9" * 30):
        with pytest.raises(typer.BadParameter, match="whole number"):
            takes(text)


def test_dancers_are_words_or_numbers_from_one() -> None:
    assert [values.dancer(text) for text in ("Main", " left ", "3")] == ["main", "left", "3"]
    for text in ("0", "-1", "middle", ""):
        with pytest.raises(typer.BadParameter, match="names no dancer"):
            values.dancer(text)
