"""Songs of our own: a score by style, played by free instruments, as music to learn from."""
