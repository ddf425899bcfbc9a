"""The plan of a piece for a dance: which bars share their music, and what plays in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from d2m_cli.sketch.notes import Part
from d2m_cli.sketch.score import ALL, Section

LONGEST = 8
"""Bars of a section after which a fill leads on to the next stretch of it."""
USUAL = tuple(Section(name, "ABC".index(name), LONGEST) for name in "AABACB")
"""Sections of a piece for a dance that has none, again and again from the first beat on."""
INTRO_BARS = 2
LONG_BARS = 12
"""Bars of a piece from which on it begins with an intro, in which no melody plays yet."""


@dataclass(frozen=True)
class Plan:
    """Sections in their order, and again from the first one on where they end."""

    sections: tuple[Section, ...]
    opening: int = 0
    """Number of the bar with which the first one begins; bar 0 opens with beat 0 of the dance."""

    def section(self, bar: int) -> tuple[Section, int]:
        """Section of bar number `bar`, and the number of the bar within it.

        A pickup before the first section is the end of that section.
        """
        place = bar - self.opening
        if place < 0:
            return self.sections[0], place % self.sections[0].bars
        place %= sum(section.bars for section in self.sections)
        for section in self.sections:
            if place < section.bars:
                return section, place
            place -= section.bars
        raise AssertionError("the plan is as long as its sections")

    @property
    def ideas(self) -> int:
        """Number of musical ideas."""
        return 1 + max(section.idea for section in self.sections)


def plan_piece(sections: Sequence[tuple[float, str]], first: int, last: int) -> Plan:
    """The plan of a piece of the bars `first` to `last`, the latter not included.

    `sections` (bar that it begins with, letter) are those of the dance: each letter has an idea of
    its own that comes back with it. Long pieces have an intro.
    """
    if not sections:
        return Plan(_with_intro(USUAL)) if last - first >= LONG_BARS else Plan(USUAL)
    begins = [first, *(min(max(round(bar), first), last) for bar, _ in sections[1:]), last]
    letters = sorted({name for _, name in sections})
    planned: list[Section] = []
    for (_, name), begin, end in zip(sections, begins[:-1], begins[1:], strict=True):
        for bar in range(begin, end, LONGEST):
            planned.append(Section(name, letters.index(name), min(LONGEST, end - bar)))
    if last - first >= LONG_BARS:
        planned = list(_with_intro(planned))
    return Plan(tuple(planned), first)


def _with_intro(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The same, but the first bars without a melody."""
    opening, *rest = sections
    if opening.bars <= INTRO_BARS:
        return (opening._replace(parts=ALL - {Part.MELODY}), *rest)
    intro = opening._replace(bars=INTRO_BARS, parts=ALL - {Part.MELODY})
    return (intro, opening._replace(bars=opening.bars - INTRO_BARS), *rest)
