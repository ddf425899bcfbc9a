"""Stage "visual": I3D on painted dancers."""
