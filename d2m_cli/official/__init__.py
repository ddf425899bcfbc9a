"""The authors' released models, run as they are: windows of 2 s, two-stream I3D vectors."""
