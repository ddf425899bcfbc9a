"""Prepared data: features of each piece in one file, and the manifest that lists them."""
