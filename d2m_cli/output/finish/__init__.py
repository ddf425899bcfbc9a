"""The finish: the band above 11 kHz and the two sides of the sound, put to music made without."""
