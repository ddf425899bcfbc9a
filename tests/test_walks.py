"""docs/architecture.md names files and functions: each exists, and the walks stay short."""

import re

import pytest
from project import ROOT

TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
WALKS = re.findall(r"\*\*(Where .*?)\*\*\n\n((?:\d\. .*\n)+)", TEXT)


def missing(text: str) -> list[str]:
    """Files that are not there, and names that the file before them does not define."""
    found, source = [], ""
    for word in re.findall(r"`([\w/.]+)`", text):
        if word.endswith(".py"):
            path = ROOT / "d2m_cli" / word
            found += [] if path.exists() else [word]
            source = path.read_text(encoding="utf-8") if path.exists() else ""
        elif source and not re.search(rf"\b{word}\b", source):
            found.append(word)
    return found


@pytest.mark.parametrize(("title", "steps"), WALKS, ids=lambda text: text[:30])
def test_a_walk_is_short_and_names_what_is_there(title: str, steps: str) -> None:
    lines = steps.strip().splitlines()
    assert len(lines) <= 8
    assert [missing(line) for line in lines] == [[]] * len(lines), title


def test_the_four_walks_are_there_and_mistakes_are_seen() -> None:
    assert len(WALKS) == 4
    assert missing("`features/rhythm.py`: `estimate_rythm`") == ["estimate_rythm"]
    assert missing("`features/beat.py`") == ["features/beat.py"]


def test_every_file_and_room_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", TEXT))
    assert {"analysis/", "generation/maker.py"} < named
    places = (ROOT / "d2m_cli", ROOT)
    assert not [name for name in named if not any((place / name).exists() for place in places)]
