"""The bundle: a folder with `bundle.json` and safetensors files, checked before anything runs.

`bundle.json` holds `format`, `name`, `architecture`, `licence`, `trained_on`, `recipe`, `settings`,
`scores` and `files` (file name -> `sha256`, `bytes`). docs/formats.md explains each of them.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from safetensors import SafetensorError

from d2m_cli.bundles import format1
from d2m_cli.bundles.packing import unpacked
from d2m_cli.bundles.places import CONVERTED, bundle_folder
from d2m_cli.errors import BundleError
from d2m_cli.files import read_json, write_json
from d2m_cli.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn

FileT = TypeVar("FileT")

FORMAT = 2
DESCRIPTION = "bundle.json"
REQUIRED = ("format", "name", "architecture", "licence", "settings", "files")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are present and whose hashes match."""

    folder: Path
    config: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """As `bundle.json` states it."""
        return str(self.config["name"])

    @property
    def settings(self) -> dict[str, Any]:
        """Architecture and feature settings that the networks are built from."""
        settings: dict[str, Any] = self.config["settings"]
        return settings

    def tensors(self, file: str) -> dict[str, Tensor]:
        """Tensors of one file by key, as float32 where they are stored as float16 or packed.

        Raises `BundleError` when the bundle has no such file or it is not safetensors.
        """
        import torch
        from safetensors.torch import load_file

        stored = unpacked(self._read(file, load_file))
        return {k: v.float() if v.dtype == torch.float16 else v for k, v in stored.items()}

    def arrays(self, file: str) -> dict[str, FloatArray]:
        """Float32 arrays of one file by key, read without torch; errors as of `tensors`."""
        from safetensors.numpy import load_file

        return {k: v.astype(np.float32) for k, v in self._read(file, load_file).items()}

    def _read(self, file: str, load: Callable[[Path], FileT]) -> FileT:
        if file not in self.config["files"]:
            raise BundleError(
                f"Bundle '{self.config['name']}' has no file '{file}': use another bundle."
            )
        try:
            return load(self.folder / file)
        except SafetensorError as error:
            path = self.folder / file
            raise BundleError(
                f"'{path}' is not safetensors ({error}): get the bundle again."
            ) from None

    def load_into(self, module: nn.Module, file: str) -> None:
        """Fill `module` with the tensors of `file`; every key and shape must match.

        Raises `BundleError` that names the missing, unknown and misshapen keys.
        """
        state = self.tensors(file)
        wrong = misfits(state, module)
        if wrong:
            raise BundleError(
                f"File '{file}' of bundle '{self.config['name']}' does not match the bundle's "
                f"settings ({'; '.join(wrong[:5])}): get the bundle again."
            )
        module.load_state_dict(state)
        module.eval()


def load_bundle(name_or_folder: str | Path | None = None) -> Bundle:
    """Open a bundle by name or folder (None: the embedded one) and check all of its files.

    Raises `BundleError`: unknown name, other format version, missing file, wrong size or hash,
    or a file name that points outside the bundle's folder.
    """
    folder = bundle_folder(name_or_folder)
    if not (folder / DESCRIPTION).exists():
        raise BundleError(_absent(str(name_or_folder or folder)))
    config = read_json(folder / DESCRIPTION, BundleError, "get the bundle again")
    _check_description(folder, config)
    if config["format"] == 1:
        config = format1.upgraded(config)
    for name, facts in config["files"].items():
        _check_file(folder, name, facts)
    return Bundle(folder, config)


def save_bundle(
    folder: Path, config: dict[str, Any], files: Mapping[str, Mapping[str, Tensor] | str]
) -> Bundle:
    """Write a bundle: `files` maps file names to state dicts, or to texts (`styles.toml`).

    Sizes and hashes are filled in.

    The bundle appears whole under `folder` or not at all; an older one there is replaced, but for
    its documents (`*.md`).
    """
    from safetensors.torch import save_file

    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        facts = {}
        for name, content in files.items():
            if isinstance(content, str):
                (draft / name).write_text(content, encoding="utf-8")
            else:
                state = {k: v.detach().cpu().contiguous() for k, v in content.items()}
                save_file(state, draft / name)
            (draft / name).chmod(0o644)
            facts[name] = {
                "sha256": sha256(draft / name),
                "bytes": (draft / name).stat().st_size,
            }
        description = {"format": FORMAT, **config, "files": facts}
        write_json(draft / DESCRIPTION, description)
        draft.chmod(0o755)
        if folder.exists():
            for document in folder.glob("*.md"):
                shutil.copy(document, draft)
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return load_bundle(folder)


def misfits(state: Mapping[str, Tensor], module: nn.Module) -> list[str]:
    """Keys that keep `state` from loading into `module`: missing, unknown or misshapen ones."""
    wanted = module.state_dict()
    return sorted(
        [
            *(f"{key} is missing" for key in wanted.keys() - state.keys()),
            *(f"{key} is unknown" for key in state.keys() - wanted.keys()),
            *(
                f"{key} is {tuple(state[key].shape)} instead of {tuple(wanted[key].shape)}"
                for key in wanted.keys() & state.keys()
                if state[key].shape != wanted[key].shape
            ),
        ]
    )


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _absent(name: str) -> str:
    if name in CONVERTED:
        return f"There is no bundle '{name}' yet: `d2m convert-weights {name}` makes it."
    return (
        f"There is no bundle '{name}': give a folder that holds {DESCRIPTION}, or a name that "
        "`d2m doctor` shows."
    )


def _check_description(folder: Path, config: Any) -> None:
    missing = [k for k in REQUIRED if not isinstance(config, dict) or k not in config]
    if missing:
        raise BundleError(
            f"'{folder / DESCRIPTION}' lacks {', '.join(missing)}: get the bundle again."
        )
    if config["format"] not in (1, FORMAT):
        raise BundleError(
            f"Bundle '{config['name']}' has format {config['format']}, and this d2m reads "
            f"formats up to {FORMAT}: install the version of d2m that wrote the bundle."
        )
    files = config["files"].values() if isinstance(config["files"], dict) else [None]
    if not all(isinstance(facts, dict) and {"bytes", "sha256"} <= facts.keys() for facts in files):
        raise BundleError(
            f"'{folder / DESCRIPTION}' lacks the size or hash of a file: get the bundle again."
        )


def _check_file(folder: Path, name: str, facts: dict[str, Any]) -> None:
    path = folder / name
    if path.resolve().parent != folder.resolve():
        raise BundleError(
            f"Bundle '{folder}' names a file outside its folder ('{name}'): use another bundle."
        )
    if not any(one.name == name and one.is_file() for one in folder.iterdir()):
        raise BundleError(f"Bundle '{folder}' lacks its file '{name}': get the bundle again.")
    if path.stat().st_size != facts["bytes"] or sha256(path) != facts["sha256"]:
        raise BundleError(f"'{path}' is damaged (its hash does not match): get the bundle again.")
