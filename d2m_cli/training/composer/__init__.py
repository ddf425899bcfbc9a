"""Stage "composer": sketches of real music, sixteenth by sixteenth."""
