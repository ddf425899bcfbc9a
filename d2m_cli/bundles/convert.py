"""Published checkpoints to bundles: read without running code, checked key by key, saved."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from d2m_cli.bundles.bundle import Bundle, misfits, save_bundle, sha256
from d2m_cli.bundles.registry import State, choose, state
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.errors import BundleError
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.models.official import Corpus, ReleasedGenerator, ReleasedMotionEncoder
from d2m_cli.models.vggish import VGGish
from d2m_cli.spec import Level

I3D = "i3d"
"""Group of the visual networks; by themselves they make no music."""

SHOWN = 20
"""Wrong keys that an error message lists."""


@dataclass(frozen=True)
class Part:
    """One published checkpoint, and the bundle files that its tensors go to."""

    network: Callable[[], nn.Module]
    """Builds the network whose keys and shapes the checkpoint must have."""
    sources: tuple[str, ...] = ()
    """Registry names of the checkpoint, best first (none: the user must give the file)."""
    files: Mapping[str, tuple[str, ...]] | None = None
    """Bundle file -> prefixes of the keys it takes; None: all keys, under the part's own name."""


@dataclass(frozen=True)
class Recipe:
    """How one bundle is made from checkpoints."""

    architecture: str
    parts: Mapping[str, Part]
    groups: Mapping[str, tuple[str, ...]]
    """Parts that are of use only together, by what they make possible."""
    settings: Mapping[str, Any]
    trained_on: str
    enables: str


def _codec_files(*levels: Level) -> dict[str, tuple[str, ...]]:
    rooms = ("encoders", "decoders", "bottleneck.level_blocks")
    return {
        f"codec_{level}.safetensors": tuple(f"{room}.{level.number}." for room in rooms)
        for level in levels
    }


I3D_PARTS = {
    f"i3d_{stream}": Part(
        partial(InceptionI3d, num_classes=400, in_channels=channels),
        (f"i3d-{stream}",),
        # The classifier stays behind: only features are wanted.
        {f"i3d_{stream}.safetensors": ("Conv3d_", "Mixed_")},
    )
    for stream, channels in (("rgb", 3), ("flow", 2))
}


def _published(corpus: Corpus, name: str) -> tuple[str, ...]:
    """The authors published their checkpoints for AIST++ only."""
    return (name,) if corpus is Corpus.AIST else ()


def _official(corpus: Corpus, trained_on: str, enables: str) -> Recipe:
    parts = dict(I3D_PARTS)
    groups = {I3D: tuple(parts)}
    for level in (Level.HIGH, Level.LOW):
        names = tuple(f"{part}_{level}" for part in ("motion", "generator", "codec"))
        motion, generator, codec = names
        groups[level.value] = names
        parts[motion] = Part(
            partial(ReleasedMotionEncoder, corpus), _published(corpus, f"aist-motion-{level}")
        )
        parts[generator] = Part(
            partial(ReleasedGenerator, corpus, level),
            _published(corpus, f"aist-generator-{level}"),
        )
        tuned = _published(corpus, f"aist-codec-{level}")
        parts[codec] = Part(VQVAE, (*tuned, "jukebox"), _codec_files(level))
    return Recipe("official", parts, groups, {"corpus": corpus.value}, trained_on, enables)


RECIPES = {
    "jukebox": Recipe(
        "codec",
        {"vqvae": Part(VQVAE, ("jukebox",), _codec_files(Level.HIGH, Level.LOW))},
        {"codec": ("vqvae",)},
        {},
        "1.2 million songs (JukeBox)",
        "the paper's codec: d2m train generator, d2m evaluate --bundle jukebox",
    ),
    "i3d": Recipe(
        "i3d",
        {"i3d": replace(I3D_PARTS["i3d_rgb"], files={"i3d.safetensors": ("Conv3d_", "Mixed_")})},
        {I3D: ("i3d",)},
        {"visual": {"size": 224, "window": 16, "stride": 8, "frame_step": 2, "width": 1.0}},
        "ImageNet and Kinetics-400",
        "full-width visual features: d2m prepare --bundle i3d",
    ),
    "vggish": Recipe(
        "vggish",
        {"vggish": Part(VGGish, ("vggish",))},
        {"vggish": ("vggish",)},
        {},
        "YouTube-100M (VGGish)",
        "d2m evaluate --embedding vggish",
    ),
    "aist-official": _official(
        Corpus.AIST, "AIST++", "d2m generate --bundle aist-official --motion FILE"
    ),
    "tiktok-official": _official(
        Corpus.TIKTOK,
        "the TikTok dance-music data set",
        "d2m generate --bundle tiktok-official, from checkpoints of your own",
    ),
}


def convert(name: str, given: Mapping[str, Path], downloads: Path, folder: Path) -> Bundle:
    """Make the bundle `name` of `RECIPES` in `folder`.

    Parts are read from the files `given` by part name, else from the `downloads` folder. A group of
    parts that is not complete is left out.

    Raises `BundleError` when nothing complete is there, a download is damaged, a file would run
    code when read, or its keys or shapes are not those of the network.
    """
    if name not in RECIPES:
        raise BundleError(f"Unknown bundle '{name}': choose among {', '.join(RECIPES)}.")
    recipe = RECIPES[name]
    if unknown := given.keys() - recipe.parts.keys():
        raise BundleError(
            f"'{name}' has no part '{min(unknown)}': choose among {', '.join(recipe.parts)}."
        )
    found = {name: given.get(name) or _find(part, downloads) for name, part in recipe.parts.items()}
    groups = {key: parts for key, parts in recipe.groups.items() if all(map(found.get, parts))}
    if not groups or (recipe.architecture == "official" and groups.keys() == {I3D}):
        raise BundleError(_what_is_missing(name, recipe, found))
    files: dict[str, dict[str, Tensor]] = {}
    sources = {}
    for part_name in dict.fromkeys(part for parts in groups.values() for part in parts):
        path = found[part_name]
        assert path is not None
        sources[part_name] = f"{path.name} sha256:{sha256(path)}"
        files |= _split(part_name, recipe.parts[part_name], read_checkpoint(path))
    description = {
        "name": name,
        "architecture": recipe.architecture,
        "licence": _licence(recipe),
        "trained_on": recipe.trained_on,
        "recipe": {"command": f"d2m convert-weights {name}", "sources": sources},
        "settings": {**recipe.settings, "has": list(groups)},
    }
    return save_bundle(folder, description, files)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The state dict in a PyTorch file, read by `weights_only`, so that nothing in it runs.

    It may lie under `model`, and its keys under `module.` (left by data-parallel training).

    Raises `BundleError` when the file holds anything but data, or no state dict.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise BundleError(f"There is no file '{path}': check the path.") from None
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        wish = f"would call '{asked[1]}'" if asked else "is damaged or holds more than tensors"
        raise BundleError(
            f"'{path}' {wish} when read, and was not run: use the file that the authors publish."
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BundleError(f"'{path}' is not a checkpoint ({error}): get it again.") from None
    state = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise BundleError(f"'{path}' has no state dict: use the file that the authors publish.")
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def _find(part: Part, downloads: Path) -> Path | None:
    """The first of a part's downloads that is there; its hash must be the right one."""
    for entry in choose(list(part.sources)):
        found = state(entry, downloads, verify=True)
        if found is State.DAMAGED:
            raise BundleError(
                f"'{entry.path(downloads)}' is damaged (its hash does not match): run "
                f"`d2m download-weights {entry.name}` again."
            )
        if found is State.VERIFIED:
            return entry.path(downloads)
    return None


def _split(name: str, part: Part, state: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    with torch.device("meta"):
        network = part.network()
    # Batch norm did not count its batches before PyTorch 0.4.1; inference does not need the count.
    uncounted = (k for k in network.state_dict() if k.endswith("num_batches_tracked"))
    state = {key: torch.tensor(0) for key in uncounted} | state
    if wrong := misfits(state, network):
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise BundleError(
            f"The file for '{name}' does not match the network ({'; '.join(wrong[:SHOWN])}{more}): "
            "check which part it belongs to."
        )
    files = part.files or {f"{name}.safetensors": ("",)}
    return {
        file: {key: value for key, value in state.items() if key.startswith(prefixes)}
        for file, prefixes in files.items()
    }


def _what_is_missing(name: str, recipe: Recipe, found: Mapping[str, Path | None]) -> str:
    ways = []
    for group, parts in recipe.groups.items():
        absent = [part for part in parts if not found[part]]
        sources = [recipe.parts[part].sources for part in absent]
        if all(sources):
            ways.append(f"{group}: d2m download-weights {' '.join(s[0] for s in sources)}")
        else:
            ways.append(f"{group}: {' '.join(f'--file {part}=FILE' for part in absent)}")
    return f"The files for '{name}' are missing: get them first ({'; '.join(ways)})."


def _licence(recipe: Recipe) -> str:
    sources: Iterable[str] = {s for part in recipe.parts.values() for s in part.sources}
    licences = {entry.licence.title: entry.licence.meaning for entry in choose(sorted(sources))}
    return " ".join(f"{title}: {meaning}" for title, meaning in licences.items())
