"""The networks that turn features into VQ latents."""
