"""One call from dances to a results record: read, generate, measure.

from d2m_cli.evaluation.evaluate import EvaluateOptions, evaluate

options = EvaluateOptions(music={"rival": "rival_videos/"}, generate=["low"])
evaluation = evaluate("videos/", options)
for system in evaluation.record["systems"]:
    print(system["name"], system["alignment"]["lift"], system["frechet"]["distance"])
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from d2m_cli.cluster import Engine
from d2m_cli.data.cache.manifest import MANIFEST
from d2m_cli.data.sources.piece import is_motion
from d2m_cli.errors import BundleError, DataError
from d2m_cli.evaluation import baselines, protocol, sources, systems
from d2m_cli.evaluation import dances as dances_of
from d2m_cli.evaluation.baselines import EvaluatedDance, System
from d2m_cli.evaluation.previews import preview_videos
from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.features.pose.doors import Door
from d2m_cli.metrics.pairs import OnsetTrace, compare_pair
from d2m_cli.progress import Progress, silent
from d2m_cli.report.html import MAX_DANCES, MAX_PLAYER_SECONDS
from d2m_cli.spec import Composing, Level
from d2m_cli.types import FloatArray

Place = str | Path


@dataclass(frozen=True)
class EvaluateOptions:
    """What is evaluated, and against what. Every place is a path or its text."""

    music: Mapping[str, Place] = field(default_factory=dict)
    """Folder of finished music by the name of its system; files are named as the dances."""
    generate: Sequence[Level | str] = ()
    """Levels (`high`, `low`) at which a bundle's music is generated first."""
    bundle: str | None = None
    """Bundle by name or folder; `None` is the embedded one."""
    seeds: int = 1
    """Pieces generated for each dance."""
    composer: Composing | str | None = None
    """Who writes their sketches: `rules`, `learned`, or whom the bundle names."""
    split: str = "test"
    """Part of a prepared set."""
    reference: Place = dances_of.OWN
    """Reference music: `own` (sound of the videos), `none`, or a folder."""
    genres: Place | None = None
    """JSON object: genre of each dance."""
    segments: Place | None = None
    """Original music in one folder a genre, for genre accuracy."""
    real: Place | None = None
    """Folder of real music that distances are taken from; `None` takes the references."""
    library: Place | None = None
    """Folder of music for the row 'nearest tempo'."""
    soundfont: Place | None = None
    """Soundfont for the row 'rendered score': the scores of generated music, without a network."""
    embedding: str = "music"
    """`music`, `log-mel` or `vggish`."""
    baselines: bool = True
    """Add GT, its reconstruction, random codes, clicks and the music of other clips."""
    codec: Level | str = Level.HIGH
    """Level of the bundle's codec in the rows reconstruction and random codes."""
    opinions: Place | None = None
    """Output of `d2m mos score --json`."""
    pose: Door | str | None = None
    """What finds the dancers: litert or mediapipe; None takes the faster that is there."""
    device: str = "auto"
    engine: Engine | str = Engine.LOCAL
    """`ray`: the dances are looked at, and music is made for them, by workers of a Ray cluster."""
    workers: int = 2
    """Of a Ray cluster."""


@dataclass(frozen=True)
class Evaluation:
    """The figures, and what they were taken of."""

    record: EvaluationRecord
    dances: Sequence[EvaluatedDance]
    systems: Sequence[System]
    videos: Mapping[str, Path]
    """Video or motion file of each dance; empty for a prepared set."""
    left_out: Mapping[str, str]
    """Why, by the names of dances that could not be read."""

    def first_pieces(self) -> dict[str, dict[str, FloatArray]]:
        """The scored piece `(N,)` at `SAMPLE_RATE` of each system for each dance."""
        return {s.name: {name: takes[0] for name, takes in s.pieces.items()} for s in self.systems}

    def example_traces(self) -> list[OnsetTrace]:
        """Onset curves of each system's piece for the first dance that has a reference."""
        for dance in self.dances:
            reference = dance.reference
            if reference is not None and len(reference):
                made = [
                    s for s in self.systems if dance.name in s.pieces and s.name != baselines.GT
                ]
                return [
                    compare_pair(f"{dance.name}, {s.name}", reference, s.pieces[dance.name][0])[1]
                    for s in made
                ]
        return []

    def previews(self) -> dict[str, bytes]:
        """Small silent videos (MP4) of the dances that the report shows."""
        seen = {name: path for name, path in self.videos.items() if not is_motion(path)}
        return preview_videos(seen, MAX_DANCES, MAX_PLAYER_SECONDS)


def evaluate(
    dances: Place | Sequence[Place],
    options: EvaluateOptions | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Measure music for dances as the paper does, and beyond it.

    `dances` are videos or motion files, folders of them, or one prepared set. Those that cannot be
    read are left out, and named in the notes. Raises `DataError` or `InputError` when none is left
    and for other places that cannot be read, `BundleError` for a bundle that cannot generate.
    """
    wanted = options or EvaluateOptions()
    levels, codec_level = [_level(text) for text in wanted.generate], _level(wanted.codec)
    if wanted.engine not in list(Engine):
        raise DataError(f"Unknown engine '{wanted.engine}': choose {' or '.join(Engine)}.")
    if wanted.soundfont and not levels:
        raise DataError("A soundfont plays the scores of generated music: add --generate.")
    places = [Path(p) for p in ([dances] if isinstance(dances, str | Path) else dances)]
    opinions = sources.read_object(Path(wanted.opinions)) if wanted.opinions else None
    embedding = sources.embedding_named(wanted.embedding)
    real, library = _music_of(wanted.real), _music_of(wanted.library)
    segments = sources.labelled_segments(Path(wanted.segments)) if wanted.segments else None
    known, videos, left_out = _dances(places, wanted, progress)
    codec, notes = _codec(wanted, codec_level)
    rows = _systems(places, wanted, levels, known, videos, codec, library, progress)
    record = protocol.measure_systems(
        known,
        rows,
        embedding,
        real=real,
        distinct_codes=codec.distinct if codec else None,
        segments=segments,
        progress=progress,
    )
    record["opinions"] = opinions
    record["notes"] += [f"left out: {name} ({why})" for name, why in left_out.items()] + notes
    return Evaluation(record, known, rows, videos, left_out)


def _dances(
    places: Sequence[Path], wanted: EvaluateOptions, progress: Progress
) -> tuple[list[EvaluatedDance], dict[str, Path], dict[str, str]]:
    """The dances, their videos by name (none for a prepared set), and why others are left out."""
    if (places[0] / MANIFEST).exists():
        if len(places) > 1:
            raise DataError(f"{places[0]} is a prepared set: give it alone.")
        return dances_of.dances_of_cache(places[0], wanted.split), {}, {}
    videos = dances_of.dances_in(places)
    genres = sources.read_genres(Path(wanted.genres) if wanted.genres else None)
    reference = str(wanted.reference)
    how = (wanted.pose, Engine(wanted.engine), wanted.workers)
    dances, out = dances_of.dances_of_videos(videos, reference, genres, progress, *how)
    return dances, {name: path for name, path in videos.items() if name not in out}, out


def _systems(
    places: Sequence[Path],
    wanted: EvaluateOptions,
    levels: Sequence[Level],
    dances: Sequence[EvaluatedDance],
    videos: dict[str, Path],
    codec: systems.CodecFunctions | None,
    library: Sequence[FloatArray],
    progress: Progress,
) -> list[System]:
    """Every row of the tables."""
    rows: list[System] = []
    font = Path(wanted.soundfont) if wanted.soundfont else None
    if levels:
        asked = systems.Wanted(
            *(wanted.bundle, levels, wanted.seeds, wanted.device, wanted.pose, font),
            *(Engine(wanted.engine), wanted.workers),
            Composing(wanted.composer) if wanted.composer else None,
        )
        if videos:
            rows += systems.generated_systems(videos, asked, progress)
        else:
            pieces = dances_of.pieces_of_cache(places[0], wanted.split)
            rows += systems.systems_from_cache(pieces, asked, progress)
    for name, folder in wanted.music.items():
        rows.append(sources.system_of_folder(name, Path(folder), dances))
    if not wanted.baselines:
        return rows
    own = baselines.references(dances)
    others = [baselines.other_clip(system) for system in [*rows, own]]
    fixed = [own, *others, baselines.clicks_on_dance(dances), baselines.steady_clicks(dances)]
    if codec:
        fixed.append(baselines.reconstructions(dances, codec.reconstruct))
        fixed.append(baselines.random_codes(dances, codec.random))
    tracks = [baselines.LibraryTrack.of(piece) for piece in library]
    fixed.append(baselines.nearest_tempo(dances, tracks))
    return [*rows, *(row for row in fixed if row.pieces)]


def _codec(
    wanted: EvaluateOptions, level: Level
) -> tuple[systems.CodecFunctions | None, list[str]]:
    """The bundle's codec; without a bundle, why there is none."""
    try:
        return systems.codec_of_bundle(wanted.bundle, level, wanted.device), []
    except BundleError as error:
        if wanted.bundle is not None:
            raise
        return None, [f"no reconstruction, random or distinct codes: {error}"]


def _music_of(folder: Place | None) -> list[FloatArray]:
    if folder is None:
        return []
    return [sources.read_music(path) for path in sources.files_in([Path(folder)])]


def _level(text: Level | str) -> Level:
    if text not in list(Level):
        raise DataError(f"Unknown level '{text}': choose {' or '.join(Level)}.")
    return Level(text)
