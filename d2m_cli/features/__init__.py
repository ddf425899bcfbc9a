"""What the pictures tell: pose, motion, rhythm, I3D vectors."""
