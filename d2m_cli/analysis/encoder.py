"""The visual encoder of a bundle, in a form that worker processes can be handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from d2m_cli.features.i3d import I3DExtractor
    from d2m_cli.models.i3d import InceptionI3d

FILE = "i3d.safetensors"


@dataclass(frozen=True)
class BundleVisual:
    """Makes encoders with a bundle's I3D; each process loads the network once."""

    folder: Path = field(repr=False)
    sha256: str
    """Of the network's weights: features of other weights do not belong in the same cache."""

    @classmethod
    def of(cls, bundle: str | None) -> BundleVisual:
        """The encoder of a bundle by name or folder (None: the embedded one), checked.

        Raises `BundleError` when the bundle is missing, damaged, or has no I3D.
        """
        from d2m_cli.bundles.bundle import load_bundle
        from d2m_cli.errors import BundleError

        found = load_bundle(bundle)
        if FILE not in found.config["files"]:
            raise BundleError(f"{found.folder} has no {FILE}: take another bundle, or --no-visual.")
        return cls(found.folder, found.config["files"][FILE]["sha256"])

    def __call__(self) -> I3DExtractor:
        """An encoder for one video."""
        import torch

        from d2m_cli.features.i3d import I3DExtractor, VisualSettings

        settings, network = _load(self.folder)

        def vectors(windows: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return network.features(windows)

        return I3DExtractor(VisualSettings(**settings), vectors)


@cache
def _load(folder: Path) -> tuple[dict[str, Any], InceptionI3d]:
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.models.i3d import InceptionI3d

    bundle = load_bundle(folder)
    network = InceptionI3d(width=bundle.settings["visual"]["width"])
    bundle.load_into(network, FILE)
    return bundle.settings["visual"], network
