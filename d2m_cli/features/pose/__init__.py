"""The dancer's body in each picture, by two doors: MediaPipe, or its networks on LiteRT.

`estimator.py` is what others use; `doors.py` says which door is there. Behind the door of LiteRT
`people.py` follows everybody (`person.py`, `follower.py`) with the two networks in `networks/`, and
`dancers.py` picks the dancer. Behind MediaPipe's, in `solutions.py`, there is one person.
"""
