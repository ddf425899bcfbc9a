"""What other projects publish: `registry.toml`, licences accepted, files present and verified."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from d2m_cli.bundles.bundle import DESCRIPTION, load_bundle, sha256
from d2m_cli.bundles.places import embedded_folder, home
from d2m_cli.errors import BundleError, DownloadError

MIRROR_VARIABLE = "D2M_MIRROR"
EMBEDDED = "embedded"


@dataclass(frozen=True)
class Licence:
    """Terms that weights come under, with what they mean in a sentence."""

    name: str
    title: str
    url: str
    meaning: str
    must_accept: bool = False


@dataclass(frozen=True)
class Entry:
    """One file of weights that can be downloaded (or the embedded bundle, which has no URL)."""

    name: str
    title: str
    licence: Licence
    enables: str
    file: str = ""
    urls: tuple[str, ...] = ()
    """Where it is published, best first."""
    bytes: int | None = None
    about_mb: float | None = None
    sha256: str = ""
    """Hexadecimal digits, all or the leading ones; none: the first download is trusted."""
    note: str = ""

    def path(self, folder: Path) -> Path:
        """Place of the file under the download `folder`."""
        return folder / self.name / self.file

    @property
    def size(self) -> str:
        """Size for people; marked where it is only estimated."""
        if self.bytes is not None:
            return f"{self.bytes / 1e6:.1f} MB"
        return f"about {self.about_mb:g} MB" if self.about_mb else ""


class State(StrEnum):
    """What is known about a file of weights."""

    MISSING = "missing"
    PRESENT = "present"
    VERIFIED = "verified"
    DAMAGED = "damaged"


def registry() -> dict[str, Entry]:
    """Everything that can be downloaded, by name."""
    source = resources.files("d2m_cli.bundles").joinpath("registry.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    licences = {name: Licence(name, **facts) for name, facts in table["licences"].items()}
    return {name: _entry(name, facts, licences) for name, facts in table["weights"].items()}


def choose(names: list[str]) -> list[Entry]:
    """Entries by name. Raises `DownloadError` for a name that the registry does not know."""
    known = registry()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DownloadError(f"Unknown weights '{unknown[0]}': choose among {', '.join(known)}.")
    return [known[name] for name in names]


def downloads_folder() -> Path:
    """Where downloads are kept unless the user names another folder."""
    return home() / "downloads"


def mirror() -> str | None:
    """Base URL to try before the published ones: `$D2M_MIRROR`, else `mirror` in `config.toml`.

    A mirror serves each file as `<base>/<name>/<file>`.
    """
    chosen = os.environ.get(MIRROR_VARIABLE)
    config = home() / "config.toml"
    if chosen is None and config.is_file():
        try:
            chosen = tomllib.loads(config.read_text(encoding="utf-8")).get("mirror")
        except (OSError, ValueError, RecursionError) as error:
            raise DownloadError(f"'{config}' is not valid TOML ({error}): correct it.") from None
    return chosen


def expected_hash(entry: Entry, folder: Path) -> str:
    """Leading digits that a file's hash must have: as published, else as first seen, else none."""
    record = _record(entry, folder)
    recorded = record.read_text(encoding="utf-8").split()[0] if record.is_file() else ""
    return recorded if recorded.startswith(entry.sha256) else entry.sha256


def record_hash(entry: Entry, folder: Path, digest: str) -> None:
    """Remember the hash of a first download (in the format of `sha256sum`)."""
    if not _record(entry, folder).is_file() or expected_hash(entry, folder) != digest:
        _record(entry, folder).write_text(f"{digest}  {entry.file}\n", encoding="utf-8")


def state(entry: Entry, folder: Path, verify: bool = False) -> State:
    """Whether a file is there and, where `verify` is set, whether its hash is the expected one.

    A file that the user put there by hand and that has no published hash is recorded when first
    verified.
    """
    if entry.name == EMBEDDED:
        return _embedded_state()
    path = entry.path(folder)
    if not path.is_file():
        return State.MISSING
    if not verify:
        return State.PRESENT
    digest = sha256(path)
    if not digest.startswith(expected_hash(entry, folder)):
        return State.DAMAGED
    record_hash(entry, folder, digest)
    return State.VERIFIED


def accept_licence(name: str) -> Licence:
    """Remember that the user accepts a licence. Raises `DownloadError` for an unknown name."""
    licences = {entry.licence.name: entry.licence for entry in registry().values()}
    if name not in licences:
        raise DownloadError(f"Unknown licence '{name}': choose among {', '.join(licences)}.")
    mark = _acceptance(licences[name])
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{licences[name].title}\n{licences[name].url}\n", encoding="utf-8")
    return licences[name]


def is_accepted(licence: Licence) -> bool:
    """Whether the licence needs no acceptance, or has it."""
    return not licence.must_accept or _acceptance(licence).is_file()


def require_licence(entry: Entry) -> None:
    """Raise `DownloadError` that names the terms while they are not accepted."""
    licence = entry.licence
    if not is_accepted(licence):
        raise DownloadError(
            f"The licence of '{entry.name}' is {licence.title} ({licence.url}). {licence.meaning} "
            f"To accept it, once for all, add --accept-license {licence.name}."
        )


def _entry(name: str, facts: dict[str, Any], licences: dict[str, Licence]) -> Entry:
    urls = tuple(facts.pop("urls", ()))
    return Entry(name, licence=licences[facts.pop("licence")], urls=urls, **facts)


def _embedded_state() -> State:
    if not (embedded_folder() / DESCRIPTION).is_file():
        return State.MISSING
    try:
        load_bundle()
    except BundleError:
        return State.DAMAGED
    return State.VERIFIED


def _record(entry: Entry, folder: Path) -> Path:
    path = entry.path(folder)
    return path.with_name(path.name + ".sha256")


def _acceptance(licence: Licence) -> Path:
    return home() / "licences" / licence.name
