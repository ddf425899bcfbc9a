"""A video is looked at once: pose, I3D vectors and thumbnails are taken from the same frames."""
