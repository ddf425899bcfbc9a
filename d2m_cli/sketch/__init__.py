"""Sketches of music: what is to sound when, before the generator turns it into music."""
