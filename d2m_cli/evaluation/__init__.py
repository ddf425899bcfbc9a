"""Measures: arrays and files in, numbers out."""
