"""Data sets: `sources` on disk, `skeletons` of others, the prepared `cache`, training `pairs`."""
