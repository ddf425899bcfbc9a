"""Stage "generator": pairs of dance and music, G and its discriminators, what it has learned."""
