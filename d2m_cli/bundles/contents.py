"""What a bundle offers, read without loading its networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.bundles.places import bundle_folder
from d2m_cli.errors import BundleError
from d2m_cli.spec import Composing

if TYPE_CHECKING:
    from d2m_cli.bundles.bundle import Bundle

COMPOSER = "composer.safetensors"
"""The network that writes sketches, in bundles that have one; its sizes are `settings.composer`."""

_LONGEST_HEADER = 1 << 20
"""Bytes; that of a usual `styles.safetensors` has about one thousand."""


def require_composer(bundle: Bundle, composing: Composing) -> None:
    """Raise `BundleError` where a learned composer is wished that the bundle does not have."""
    if composing is Composing.LEARNED and COMPOSER not in bundle.config["files"]:
        raise BundleError(
            f"The bundle '{bundle.name}' has no learned composer: use --composer rules."
        )


def style_names(bundle: str | Path | None = None) -> list[str]:
    """Names of the styles of a bundle, sorted; empty where it names none, or there is no bundle.

    They are the keys of its `styles.safetensors`. Raises `BundleError` for a damaged file.
    """
    file = bundle_folder(bundle) / "styles.safetensors"
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(length, _LONGEST_HEADER)))
        return sorted(header.keys() - {"__metadata__"})
    except FileNotFoundError:
        return []
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise BundleError(f"'{file}' cannot be read ({error}): get the bundle again.") from None
