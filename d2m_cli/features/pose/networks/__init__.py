"""MediaPipe's two networks of pose, on LiteRT."""
