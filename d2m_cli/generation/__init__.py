"""From a dance video to its new music: the path that `d2m generate` takes."""
