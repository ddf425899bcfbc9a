"""What a look at a video gave, kept for the next one: by the content of the video, and bounded."""

import hashlib
from contextlib import suppress
from pathlib import Path

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.places import home
from d2m_cli.errors import InputError, OutputError
from d2m_cli.features.files import load_features, save_features
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.types import Clip, Dance, FrameArray

MAX_BYTES = 200_000_000
"""Of all files together; a dance of ten seconds takes about 0.3 MB."""

_ROOMS = ("analysis", "features", "ingest")
"""Rooms whose code decides what is seen: other code, another key."""


class AnalysisCache:
    """A folder of features; the ones that were not used for the longest time go first."""

    def __init__(self, folder: Path | None = None, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder or home() / "analysis"
        self.max_bytes = max_bytes

    def key(self, clip: Clip, bundle: Bundle, pose: PoseOptions = PoseOptions()) -> str:
        """Name of the entry for a clip as `pose` and the encoder of `bundle` see it."""
        digest = hashlib.sha256()
        with clip.path.open("rb") as video:
            digest.update(hashlib.file_digest(video, "sha256").digest())
        facts = (clip.start, clip.end, bundle.config["files"]["i3d.safetensors"]["sha256"])
        digest.update(repr((facts, bundle.settings["visual"], pose.facts(), _code())).encode())
        return digest.hexdigest()

    def load(self, key: str) -> tuple[Dance, FrameArray] | None:
        """Dance and thumbnails `(S, H, W, 3)` of a key; None where none can be read."""
        path = self._path(key)
        try:
            dance, thumbnails = load_features(path)
        except InputError:
            return None
        if thumbnails is None:
            return None
        with suppress(OSError):
            path.touch()
        return dance, thumbnails

    def store(self, key: str, dance: Dance, thumbnails: FrameArray) -> None:
        """Keep a dance and its thumbnails `(S, H, W, 3)`; nothing happens on a full disk."""
        with suppress(OutputError, OSError):
            save_features(dance, self._path(key), thumbnails)
            self._shrink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _shrink(self) -> None:
        entries = [(path, path.stat()) for path in self.folder.glob("*.npz")]
        total = sum(facts.st_size for _, facts in entries)
        for path, facts in sorted(entries, key=lambda entry: entry[1].st_mtime):
            if total <= self.max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= facts.st_size


def _code() -> str:
    """Identifies the code that looks at a video."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for room in _ROOMS:
        for file in sorted((package / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
