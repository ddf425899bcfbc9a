"""Weights: the bundle format, the registry, downloads and conversion."""
