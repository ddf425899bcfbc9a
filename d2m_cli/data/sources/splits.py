"""Splits by song: one song never lies on both sides of a split."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from d2m_cli.errors import DataError

TEST_SHARE = 0.1
VALIDATION_SHARE = 0.1


def split_of_song(song: str) -> str:
    """Split of a song whose data set names none: drawn from its name, so it never moves.

    About 80 / 10 / 10 % of the songs are train / validation / test.
    """
    digest = hashlib.sha256(os.fsencode(song)).digest()
    draw = int.from_bytes(digest[:8], "big") / 2**64
    if draw < TEST_SHARE:
        return "test"
    return "validation" if draw < TEST_SHARE + VALIDATION_SHARE else "train"


class WithSong(Protocol):
    """A piece, prepared or not."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def song(self) -> str: ...  # noqa: D102
    @property
    def split(self) -> str: ...  # noqa: D102


def check_songs(pieces: Iterable[WithSong]) -> None:
    """Raise `DataError` when a song is in training and outside, or two pieces have one name.

    Validation and test may share songs, as those of AIST++ do: neither is learned from.
    """
    splits: dict[str, set[str]] = defaultdict(set)
    names: set[str] = set()
    for piece in pieces:
        splits[piece.song].add(piece.split)
        if piece.name in names:
            raise DataError(f"Two pieces are called '{piece.name}': rename one of the files.")
        names.add(piece.name)
    for song, found in splits.items():
        if "train" in found and len(found) > 1:
            others = " and ".join(sorted(found - {"train"}))
            raise DataError(
                f"The song '{song}' is in train and in {others}: what is measured would have been "
                "learned, so move all its pieces to one side."
            )
