"""Everybody in a stream of pictures, followed: MediaPipe's networks on LiteRT, and who is who."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from d2m_cli.features.pose.follower import Follower
from d2m_cli.features.pose.networks.detector import Detector
from d2m_cli.features.pose.networks.landmarks import LandmarkNetwork
from d2m_cli.features.pose.person import Person
from d2m_cli.features.pose.region import MARGIN, Region
from d2m_cli.types import FloatArray, FrameArray

MOST_PEOPLE = 4
"""That are followed at a time; each costs the landmark network once a picture."""

_LOOK_AROUND = 20
"""Steps between two looks for more people while all that are known are seen."""
_SEARCH = 3
"""The same while somebody is missing, for `_SEARCH_STEPS` steps."""
_SEARCH_STEPS = 45
_NEW_STEPS = 15
"""Who was seen in fewer steps is a shadow of the other, when two come to be in one place."""

_SAME_BODY = 0.1
"""Mean distance of the joints, in bodies, up to which two bodies are of one person."""
_SAME_PLACE = 0.5
"""Distance from centre to centre, in bodies, up to which a detection may be of a person in view."""
_MOST_COVERED = 0.6
"""Share of a newcomer's trunk that may lie within others: a pair of legs is no second person."""
_SOMEBODY_ELSE = 0.35
"""Surprise, in bodies and shares of a colour, from which on a follower is with another person."""
_STRANGER = 1.0
"""The same for a person who comes back while others are in view."""


class People:
    """Follows up to `MOST_PEOPLE` people; `add` takes the pictures in order.

    One person alone is followed as `solutions.pose` does, with a look for others now and then. When
    two followers end up on the same person, the one whose expectation fits best keeps them. The
    other looks for its own person, and knows them by place, size, pose and colour of clothes.
    """

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.steps = 0
        """Pictures so far."""
        self._detect = Detector()
        self._network = LandmarkNetwork()

    def add(self, picture: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`."""
        most = _SOMEBODY_ELSE if len(self.people) > 1 else np.inf
        for person in self._in_view():
            person.look(picture, self.steps, most)
        for one, other in combinations(self._in_view(), 2):
            if one.follower and other.follower and one.is_at(other, self.steps, _SAME_BODY):
                self._part(one, other)
        if self._must_look():
            self._look(picture)
        self.steps += 1

    def seen(self) -> list[dict[int, FloatArray]]:
        """Landmarks `(33, 4)` by step, in pixels, of each person who was seen."""
        return [person.seen for person in self.people]

    def close(self) -> None:
        """Let the networks go."""
        del self._detect, self._network

    def _in_view(self) -> list[Person]:
        return [person for person in self.people if person.follower]

    def _part(self, one: Person, other: Person) -> None:
        """Of two that are at one place, let that one be out of sight who should be elsewhere."""
        step, pair = self.steps, (one, other)
        new = [person for person in pair if len(person.seen) < _NEW_STEPS]
        hidden = new[-1] if new else max(pair, key=lambda person: person.unlikeness(person, step))
        hidden.follower = None
        kept = other if hidden is one else one
        while hidden.is_at(kept, step, 2.0 * _SAME_BODY):
            del hidden.seen[step]
            step -= 1
        if hidden in new or not hidden.seen:
            self.people.remove(hidden)

    def _must_look(self) -> bool:
        in_view = len(self._in_view())
        if in_view == 0 or in_view == MOST_PEOPLE:
            return in_view == 0
        last = [max(person.seen) for person in self.people if not person.follower]
        missing = any(self.steps - step < _SEARCH_STEPS for step in last)
        return self.steps % (_SEARCH if missing else _LOOK_AROUND) == 0

    def _look(self, picture: FrameArray) -> None:
        """Find everybody, and begin to follow those who are not followed."""
        alone = not self._in_view()
        if alone:
            somebody = self._detect.somebody(picture)
            if somebody is None:
                return
            self._meet(somebody, picture, alone)
        found = self._detect.everybody(picture)
        for person in self._in_view():
            assert person.follower
            place = person.follower.region
            near = [region for region in found if _gap(region, place) < _SAME_PLACE]
            if near:
                found.remove(min(near, key=lambda region: _gap(region, place)))
        for region in found:
            if len(self._in_view()) < MOST_PEOPLE:
                self._meet(region, picture, alone)

    def _meet(self, region: Region, picture: FrameArray, alone: bool) -> None:
        """Follow who is in a region, if it is somebody who is not followed yet.

        Where nobody was in view, the newcomer is the likeliest of those who were, wherever seen.
        """
        step = self.steps
        newcomer = Person(Follower(self._network, region))
        newcomer.look(picture, step, np.inf)
        others = self._in_view()
        if not newcomer.follower or any(
            person.is_at(newcomer, step, _SAME_BODY)
            or person.covers(newcomer, step, picture) > _MOST_COVERED
            for person in others
        ):
            return
        away = [person for person in self.people if not person.follower]
        known = min(away, key=lambda person: person.unlikeness(newcomer, step), default=None)
        if known and (alone or known.unlikeness(newcomer, step) < _STRANGER):
            known.become(newcomer)
        else:
            self.people.append(newcomer)


def _gap(region: Region, other: Region) -> float:
    """Distance of two regions' centres in bodies."""
    distance = float(np.hypot(region.x - other.x, region.y - other.y))
    return distance * MARGIN / max(region.size, other.size)
