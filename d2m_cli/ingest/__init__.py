"""Video in: probe and decode once. Nothing else in the project opens a video."""
