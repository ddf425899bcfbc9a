"""Whole evaluations: dances, music and systems are read, metrics taken, one record comes out."""
