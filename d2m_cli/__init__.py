"""d2m gives a dance video new music that fits the dance."""

__version__ = "0.1.0"
