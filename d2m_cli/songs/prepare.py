"""Hours of songs -> a cache to train on: resumable, over processes or a Ray cluster."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import soundfile
from threadpoolctl import threadpool_limits

from d2m_cli.bundles.styles import FILE as STYLES_FILE
from d2m_cli.cluster import Engine
from d2m_cli.data.cache.engines import run
from d2m_cli.data.cache.manifest import CachedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import cached_entry, write_piece
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.errors import DataError
from d2m_cli.files import make_folder, whole_file
from d2m_cli.pcm import to_int16
from d2m_cli.progress import Progress, silent
from d2m_cli.songs.features import song_arrays
from d2m_cli.songs.instruments import FILE as INSTRUMENTS_FILE
from d2m_cli.songs.instruments import check_instruments
from d2m_cli.songs.midi import write_midi
from d2m_cli.songs.play import Sound, play
from d2m_cli.songs.samples import check_samples
from d2m_cli.songs.song import Song, outline, write_song
from d2m_cli.songs.styles import song_styles
from d2m_cli.songs.synth import RATE, check_soundfont
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

SKETCHED_FROM_NOTES = 0.5
"""Share of the songs whose sketch is that of their notes; the others' is heard in their sound."""
LICENCE = "CC0-1.0"
"""Of a song: nobody else wrote it, and its instruments are free (docs/data.md)."""
MANIFEST_EVERY = 50
"""Pieces after which the manifest is written anew: what is there can be trained on."""
KEPT = "songs"
VERSION = 2
"""Of what `prepare_song` does with score and instruments."""


class SongPlan(NamedTuple):
    """A song that is to be made."""

    name: str
    style: str
    seed: int
    seconds: float


@dataclass(frozen=True)
class Studio:
    """What songs are played with, and where they go."""

    cache: Path
    soundfonts: tuple[Path, ...]
    """The seed picks one for each song."""
    samples: Path | None = None
    keep_audio: bool = False
    """Whether mix, stems (FLAC) and notes (MIDI) are kept beside the cache's pieces."""


def plan_songs(hours: float, seed: int, styles: Sequence[str] = ()) -> list[SongPlan]:
    """Songs that together last `hours`, the same number of each of `styles` (of all).

    Raises `DataError` for an unknown style, one without instruments, and hours that are none.
    """
    if not 0 < hours < np.inf:
        raise DataError(f"{hours:g} hours of songs cannot be made: ask for more than 0.")
    known = song_styles()
    names = sorted(styles or known)
    for name in names:
        if name not in known:
            raise DataError(f"There are no rules for '{name}': choose some of {', '.join(known)}.")
    check_instruments(names)
    plans: list[SongPlan] = []
    left = hours * 3600.0
    while left > 0:
        number = len(plans) // len(names)
        style = names[len(plans) % len(names)]
        song_seed = seed * 1_000_000 + number
        seconds = outline(style, known[style], song_seed).seconds
        plans.append(SongPlan(f"{style}_{seed:03d}{number:05d}", style, song_seed, seconds))
        left -= seconds
    return plans


def prepare_songs(
    studio: Studio,
    plans: Sequence[SongPlan],
    *,
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
    progress: Progress = silent,
) -> Manifest:
    """Make songs and write them to the cache. Songs that are there from before are kept.

    Raises `InputError` for a file that is no soundfont and a folder without samples, `OutputError`
    when the disk refuses; the songs made until then stay, and the next call goes on.
    """
    for path in studio.soundfonts:
        check_soundfont(path)
    if studio.samples is not None:
        check_samples(studio.samples)
    make_folder(studio.cache)
    entries: list[CachedPiece] = []
    total = sum(plan.seconds for plan in plans)
    done = 0.0
    progress("songs", done, total)
    for entry in run(partial(prepare_song, studio=studio), plans, workers, engine):
        entries.append(entry)
        done += entry.seconds
        progress("songs", done, total)
        if len(entries) % MANIFEST_EVERY == 0:
            write_manifest(studio.cache, _manifest(entries))
    manifest = _manifest(entries)
    write_manifest(studio.cache, manifest)
    return manifest


def prepare_song(plan: SongPlan, studio: Studio) -> CachedPiece:
    """Make one song unless it is there."""
    source = fingerprint(plan, studio)
    entry = cached_entry(studio.cache, plan.name, source)
    kept = studio.cache / KEPT / plan.name
    if entry is not None and (not studio.keep_audio or kept.exists()):
        return entry
    song = write_song(plan.style, song_styles()[plan.style], plan.seed)
    random = np.random.default_rng((plan.seed, crc32(plan.style.encode()), 4))
    font = studio.soundfonts[random.integers(len(studio.soundfonts))]
    sound = play(song, font, studio.samples)
    from_notes = random.random() < SKETCHED_FROM_NOTES
    with threadpool_limits(1):  # sums over several threads round in another way
        arrays = song_arrays(song, sound.mix, from_notes)
    entry = CachedPiece(
        name=plan.name,
        song=plan.name,
        split=split_of_song(plan.name),
        genre="",
        style=plan.style,
        licence=LICENCE,
        seconds=len(arrays["audio"]) / SAMPLE_RATE,
        holds=tuple(arrays),
        bpm=song.bpm,
        steadiness=0.0,
    )
    if studio.keep_audio:
        _keep(kept, song, sound)
    write_piece(studio.cache, entry, arrays, source)
    return entry


def fingerprint(plan: SongPlan, studio: Studio) -> str:
    """Hash of all that a song is made from."""
    room = files("d2m_cli.songs")
    texts = [(room / name).read_text(encoding="utf-8") for name in (STYLES_FILE, INSTRUMENTS_FILE)]
    fonts = [f"{path.name} {path.stat().st_size}" for path in studio.soundfonts]
    marks = [str(VERSION), repr(plan), *fonts, str(studio.samples is not None), *texts]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _keep(folder: Path, song: Song, sound: Sound) -> None:
    stems = {str(part): stem for part, stem in sound.stems.items()}
    waves: dict[str, FloatArray] = {"mix": sound.mix, **stems}
    for name, wave in waves.items():
        with whole_file(folder / f"{name}.flac", soundfile.LibsndfileError) as draft:
            soundfile.write(draft, to_int16(wave.T), RATE)
    write_midi(folder / "score.mid", song, sound.instruments)


def _manifest(entries: Sequence[CachedPiece]) -> Manifest:
    return Manifest("songs", tuple(sorted(entries, key=lambda entry: entry.name)))
