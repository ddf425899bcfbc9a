"""`d2m generate`: what is meant, checked before work; then each video with its music."""
