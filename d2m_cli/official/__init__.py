"""The authors' released models, run as they are: windows of 2 s, two-stream I3D vectors."""

from enum import StrEnum

ARCHITECTURE = "official"

AIST_BUNDLE = "aist-official"
AIST_NEEDS = (
    "The released AIST++ model hears SMPL motion and two-stream I3D features, and a plain video "
    "has no SMPL motion: add the dance's AIST++ file with --motion FILE, or leave out --bundle."
)


class FlowMethod(StrEnum):
    """How optical flow is estimated."""

    TVL1 = "tvl1"
    """Duality-based TV-L1, which I3D's flow stream was trained on; slow."""
    DIS = "dis"
    """Dense inverse search: much faster, a little blurred."""
