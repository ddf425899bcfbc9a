"""Audio out: denoising, loudness, and the video with its new sound."""
