"""JukeBox's VQ-VAE: audio to codes and back."""
