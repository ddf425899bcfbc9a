"""Stage "codec": one level of the VQ-VAE, and what it keeps of music."""
