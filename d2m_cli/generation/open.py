"""The one door for every bundle: its architecture says which networks make the music."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.device import choose_device
from d2m_cli.errors import BundleError
from d2m_cli.generation.d2m import ARCHITECTURE as OWN
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.maker import Maker
from d2m_cli.official import AIST_BUNDLE, AIST_NEEDS, FlowMethod
from d2m_cli.official import ARCHITECTURE as OFFICIAL
from d2m_cli.spec import Composing


def open_maker(
    bundle: str | Path | None = None,
    device: str = "auto",
    motion: Path | None = None,
    flow: FlowMethod = FlowMethod.TVL1,
    composing: Composing | None = None,
) -> Maker[Any, Any]:
    """The networks of a bundle by name or folder (None: the embedded one).

    `motion` is the motion of the dance in the video: an AIST++ file for the released AIST++ model,
    which needs it; any kind for bundles of this project, which then look for no dancer. `flow` is
    how the released models' optical flow is estimated. `composing` says who writes the sketches of
    our own bundles (None: whom the bundle names).

    Raises `BundleError` for an unknown or damaged bundle and for one that makes no music,
    `InputError` when the motion file is missing or not of use, `D2MError` for a missing device.
    """
    try:
        opened = load_bundle(bundle)
    except BundleError as error:
        if bundle == AIST_BUNDLE and motion is None:
            raise BundleError(f"{error} {AIST_NEEDS}") from None
        raise
    architecture = opened.config["architecture"]
    if architecture == OFFICIAL:
        from d2m_cli.official.pipeline import OfficialMaker

        if composing is Composing.LEARNED:
            raise BundleError("The released models write no sketch: omit --composer.")
        return OfficialMaker(opened, choose_device(device), motion, flow)
    if architecture != OWN:
        raise BundleError(
            f"Bundle '{opened.name}' has architecture '{architecture}', which cannot generate "
            "music: use another bundle or omit --bundle."
        )
    return D2MMaker(opened, device, motion, composing)
