"""The authors' released models, run as they are: windows of 2 s, two-stream I3D vectors."""

from enum import StrEnum


class FlowMethod(StrEnum):
    """How optical flow is estimated."""

    TVL1 = "tvl1"
    """Duality-based TV-L1, which I3D's flow stream was trained on; slow."""
    DIS = "dis"
    """Dense inverse search: much faster, a little blurred."""
