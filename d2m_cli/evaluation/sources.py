"""What evaluations read besides dances: music, labelled segments, tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m_cli.errors import DataError, InputError
from d2m_cli.evaluation.naming import takes_of, visible_files
from d2m_cli.files import read_json
from d2m_cli.progress import Progress

if TYPE_CHECKING:
    from d2m_cli.evaluation.baselines import EvaluatedDance, System
    from d2m_cli.evaluation.protocol import LabelledSegments
    from d2m_cli.metrics.embeddings import Embedding
    from d2m_cli.types import FloatArray

EXCERPT_START = 20.0
"""Seconds into a track: past most introductions."""

_AUDIBLE = 0.01
"""A piece without a sample above this is silent."""

GENRE_SEGMENT_SECONDS = 10.0
"""Longest piece of a labelled song that is one segment for genre accuracy."""


def read_music(path: Path) -> FloatArray:
    """Samples `(N,)` at `SAMPLE_RATE` of a sound file, or of a video on its picture's clock."""
    from d2m_cli.ingest.audio import load_music
    from d2m_cli.pcm import to_float

    return to_float(load_music(path))


def files_in(places: Sequence[Path]) -> list[Path]:
    """Files given, and those in folders given. Raises `DataError` for a missing place."""
    files: list[Path] = []
    for place in places:
        if not place.exists():
            raise DataError(f"{place} does not exist: check the path.")
        files += visible_files(place) if place.is_dir() else [place]
    return files


def system_of_folder(name: str, folder: Path, dances: Sequence[EvaluatedDance]) -> System:
    """Finished music by dance: `X.d2m.mp4`, `X.wav`, or `X.1.wav`, `X.2.wav` for several seeds.

    Raises `DataError` when the folder has music for none of the dances.
    """
    from d2m_cli.evaluation.baselines import System

    files = files_in([folder])
    pieces = {
        dance.name: [read_music(path) for path in takes_of(dance.name, files)] for dance in dances
    }
    kept = {dance: takes for dance, takes in pieces.items() if takes}
    if not kept:
        raise DataError(
            f"{folder} has no music for the dances: name it as they are (X.wav or X.d2m.mp4 for "
            "X.mp4)."
        )
    return System(name, kept)


def named_folder(text: str) -> tuple[str, Path]:
    """Name and folder of an option NAME=FOLDER. Raises `DataError`."""
    name, mark, folder = text.partition("=")
    if not mark or not Path(folder).is_dir():
        raise DataError(f"'{text}' is not NAME=FOLDER: the folder must exist.")
    return name, Path(folder)


def excerpts(
    folder: Path, count: int, seconds: float, progress: Progress, start: float = EXCERPT_START
) -> list[FloatArray]:
    """At most `count` pieces `(N,)` of `seconds`, evenly over the music under a folder.

    Each begins `start` seconds in. Files that are no sound, or too short or silent there, are
    passed over.
    """
    import numpy as np

    from d2m_cli.ingest.sound import read_sound
    from d2m_cli.spec import SAMPLE_RATE

    files = sorted(path for path in folder.rglob("*") if path.is_file())
    chosen = files[:: max(1, len(files) // count)]
    first, length = round(start * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    pieces = []
    for number, path in enumerate(chosen):
        progress("read", number, len(chosen))
        held = np.zeros(0, dtype=np.float32)
        try:
            for block in read_sound(path, SAMPLE_RATE):
                held = np.concatenate([held, block])
                if len(held) >= first + length:
                    break
        except InputError:
            continue
        piece = held[first : first + length]
        if len(piece) == length and np.abs(piece).max() > _AUDIBLE:
            pieces.append(piece)
    return pieces[:count]


def embedding_named(name: str) -> Embedding:
    """Embedding by name; `vggish` needs its weights. Raises `DataError` for an unknown one."""
    from d2m_cli.metrics.embeddings import EMBEDDINGS, Embedding

    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    if name != "vggish":
        raise DataError(f"Unknown embedding '{name}': choose {', '.join(EMBEDDINGS)} or vggish.")
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.models.vggish import VGGish

    network = VGGish()
    load_bundle("vggish").load_into(network, "vggish.safetensors")
    return Embedding("vggish", network.eval().embed, standardised=False)


def labelled_segments(folder: Path) -> LabelledSegments:
    """Original music in one folder a genre, cut into segments of at most 10 s."""
    from d2m_cli.evaluation.protocol import LabelledSegments
    from d2m_cli.spec import SAMPLE_RATE

    length = int(GENRE_SEGMENT_SECONDS * SAMPLE_RATE)
    pieces, genres = [], []
    for genre in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in files_in([genre]):
            samples = read_music(path)
            starts = range(0, max(1, len(samples) - SAMPLE_RATE), length)
            pieces += [samples[start : start + length] for start in starts]
            genres += [genre.name] * len(starts)
    if not pieces:
        raise DataError(f"{folder} holds no music: it needs one folder for each genre.")
    return LabelledSegments(pieces, genres)


def read_genres(path: Path | None) -> dict[str, str]:
    """Genre of each dance from a JSON object {name: genre}. Raises `DataError`."""
    genres = {} if path is None else read_object(path)
    if not all(isinstance(genre, str) for genre in genres.values()):
        raise DataError(f"{path} must be a JSON object of names and genres.")
    return genres


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `DataError`."""
    record = read_json(path)
    if not isinstance(record, dict):
        raise DataError(f"{path} must hold a JSON object.")
    return record
