"""Mean opinion scores of a listening test.

Convention (paper 4.2 and app. D): two parts, each of 15 items rated 1 to 5 by every listener:
*coherence* of music and dance (video with sound) and *quality* of the music (sound alone).
Listeners do not see the names of the systems and get the items in random order. A system's score
is the mean of all its ratings; its 95 % interval is Student's t over the listeners' own means,
since ratings of one listener are not independent, or over the ratings when there is only one
listener.

Metrics
-------
* `score`: mean opinion score of each system in each part
* `opinion`: mean and interval of one system

>>> own = opinion([[4, 5], [3, 3]])
>>> own.mean, own.over, round(own.margin, 2)
(3.75, 'listeners', 9.53)
"""

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.metrics.statistics import margin

FORMAT = 1
"""Version of key and answer files."""

LOWEST, HIGHEST = 1, 5
ITEMS_PER_PART = 15


class MosPart(StrEnum):
    """What the listener judges."""

    COHERENCE = "coherence"
    QUALITY = "quality"


@dataclass(frozen=True)
class MosItem:
    """One thing to rate."""

    token: str
    """All that the page shows of it."""
    part: MosPart
    system: str
    clip: str


@dataclass(frozen=True)
class Opinion:
    """Score of one system in one part."""

    mean: float
    margin: float | None
    """Half the width of the 95 % interval; `None` for a single listener's single rating."""
    ratings: int
    listeners: int
    over: str
    """What the interval was taken over: `listeners` or `ratings`."""


def draw_items(
    clips: Mapping[str, Sequence[str]], part: MosPart, seed: int, count: int = ITEMS_PER_PART
) -> list[MosItem]:
    """At most `count` items, dance by dance: what every system made for one dance is rated.

    `clips` are the dances that each system has music for. Dances of more systems come first, then
    those of systems with fewer items. Raises `DataError` without a clip. Tokens are random, so that
    they give nothing of the system away.
    """
    random = np.random.default_rng([seed, list(MosPart).index(part)])
    systems_of: dict[str, list[str]] = defaultdict(list)
    for system, names in clips.items():
        for name in names:
            systems_of[name].append(system)
    if not systems_of:
        raise DataError(f"No system has anything to rate for {part}: check the folders.")
    dances = [str(name) for name in random.permutation(sorted(systems_of))]
    drawn: list[tuple[str, str]] = []
    while dances:
        items = Counter(system for system, _ in drawn)
        dance = min(
            dances, key=lambda d: (-len(systems_of[d]), sum(items[s] for s in systems_of[d]))
        )
        if drawn and len(drawn) + len(systems_of[dance]) > count:
            break
        dances.remove(dance)
        drawn += [(system, dance) for system in systems_of[dance]]
    tokens = random.integers(16**8, size=len(drawn))
    pairs = zip(tokens, drawn, strict=True)
    return [MosItem(f"{token:08x}", part, system, clip) for token, (system, clip) in pairs]


def make_key(name: str, items: Iterable[MosItem]) -> dict[str, Any]:
    """What the experimenter keeps: the system behind each token.

    The test is called `name` and a digest of its items, so that no two tests have one name.
    """
    known = {item.token: asdict(item) for item in items}
    digest = zlib.crc32(json.dumps(known).encode())
    return {"format": FORMAT, "test": f"{name}-{digest:08x}", "items": known}


def validate(key: Mapping[str, Any], answers: Mapping[str, Any], name: str) -> None:
    """Raise `DataError` unless `answers` (of file `name`) are ratings of the key's test."""
    told = isinstance(answers.get("ratings"), dict) and isinstance(answers.get("listener"), str)
    if answers.get("format") != FORMAT or key.get("format") != FORMAT or not told:
        raise DataError(f"{name} is not an answer file of this version of the listening test.")
    if answers.get("test") != key["test"]:
        raise DataError(f"{name} answers the test '{answers.get('test')}', not '{key['test']}'.")
    for token, rating in answers["ratings"].items():
        if token not in key["items"]:
            raise DataError(f"{name} rates an item that the test does not have.")
        if not isinstance(rating, int) or not LOWEST <= rating <= HIGHEST:
            raise DataError(f"{name} holds the rating {rating!r}: ratings are 1 to 5.")


def score(
    key: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Opinion]]:
    """Opinion of each system in each part, from the answers of each file, by file name.

    Raises `DataError` without answers, for wrong ones (see `validate`), or for a listener twice.
    """
    if not answers:
        raise DataError("There are no answers to score.")
    ratings: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    file_of: dict[str, str] = {}
    for name, answer in answers.items():
        validate(key, answer, name)
        listener = answer["listener"]
        if listener in file_of:
            raise DataError(
                f"{file_of[listener]} and {name} are answers of one listener: keep one."
            )
        file_of[listener] = name
        for token, rating in answer["ratings"].items():
            item = key["items"][token]
            ratings[item["part"], item["system"]][listener].append(rating)
    scores: dict[str, dict[str, Opinion]] = {part.value: {} for part in MosPart}
    for (part, system), by_listener in sorted(ratings.items()):
        scores[part][system] = opinion(list(by_listener.values()))
    return scores


def opinion(by_listener: Sequence[Sequence[int]]) -> Opinion:
    """Opinion from the ratings of each listener."""
    ratings = np.concatenate([np.asarray(own, dtype=np.float64) for own in by_listener])
    several = len(by_listener) > 1
    sample = np.array([np.mean(own) for own in by_listener]) if several else ratings
    return Opinion(
        float(ratings.mean()),
        margin(sample),
        len(ratings),
        len(by_listener),
        "listeners" if several else "ratings",
    )
