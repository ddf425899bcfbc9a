"""Layouts of data sets on disk: which pieces (dance, music or both) a folder holds."""
