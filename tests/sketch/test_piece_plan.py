from d2m_cli.sketch.notes import Part
from d2m_cli.sketch.plan import USUAL, plan_piece


def test_a_dance_without_sections_gets_the_usual_form() -> None:
    plan = plan_piece([], -1, 10)
    assert plan.sections == USUAL
    assert plan.section(0)[1] == 0 and plan.section(9) == (USUAL[1], 1)
    assert plan.section(-1) == (USUAL[0], USUAL[0].bars - 1)


def test_each_letter_of_the_dance_has_an_idea_that_comes_back() -> None:
    plan = plan_piece([(0.0, "A"), (2.1, "B"), (3.9, "A")], 0, 6)
    names = [plan.section(bar)[0].name for bar in range(6)]
    ideas = [plan.section(bar)[0].idea for bar in range(6)]
    assert names == ["A", "A", "B", "B", "A", "A"] and ideas == [0, 0, 1, 1, 0, 0]
    assert plan.ideas == 2


def test_a_long_section_is_parted_by_fills_and_a_pickup_belongs_to_the_first() -> None:
    plan = plan_piece([(-0.3, "A"), (10.0, "B")], -1, 11)
    assert plan.section(-1)[0].name == "A" and plan.section(10)[0].name == "B"
    assert sum(section.bars for section in plan.sections) == 12
    assert max(section.bars for section in plan.sections) <= 8


def test_a_long_piece_begins_without_its_melody() -> None:
    plan = plan_piece([], 0, 16)
    assert Part.MELODY not in plan.section(0)[0].parts
    assert Part.MELODY in plan.section(2)[0].parts
    assert Part.MELODY in plan_piece([], 0, 8).section(0)[0].parts
