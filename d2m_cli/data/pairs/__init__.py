"""Training examples: which stretch of music, with which dance, seen from where."""
