"""Training losses; they see tensors only."""
