"""Data sets: readers, manifests, cached features, batches."""
