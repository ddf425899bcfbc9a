"""What is read from the pictures: pose, motion, rhythm, I3D vectors."""
