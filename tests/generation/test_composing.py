"""The learned composer of the embedded bundle, and one that has learned nothing."""

import numpy as np
import pytest
import torch

from d2m_cli.bundles.bundle import Bundle, load_bundle
from d2m_cli.bundles.styles import read_styles
from d2m_cli.errors import BundleError
from d2m_cli.generation.composing import compose_learned, earlier_places, load_composer
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.styles import Style
from d2m_cli.models.composer import HEARD, LOOKBACK, Composer, ComposerShape, Wishes, heard_frames
from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.frames import to_frames
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.wishes import GROOVE, HARMONY, wishes_of_music
from d2m_cli.spec import DRUM_RATE, Composing
from d2m_cli.types import Accent, DanceSection, Events, Freeze, Rhythm

SMALL = ComposerShape(embedded=8, hidden=16, chained=8, copied=4)
SECONDS = 20.0
PHASE = np.linspace(0.0, 40.0, 600)  # 120 beats per minute, 30 steps a second
RHYTHM = Rhythm(PHASE, np.ones(600, np.float32), 30.0)
ENERGY = np.full(600, 0.7, np.float32)


def composer(seed: int = 0) -> Composer:
    torch.manual_seed(seed)
    return Composer(SMALL).eval()


def style() -> Style:
    return Style("pop", np.linspace(-1, 0, 152).astype(np.float32))


def piece(seed: int = 0, events: Events = Events()) -> Sketch:
    return compose_learned(composer(), RHYTHM, ENERGY, SECONDS, style(), seed, events)


def test_a_seed_means_one_piece() -> None:
    first, again, other = piece(), piece(), piece(1)
    assert np.array_equal(first.partials.level, again.partials.level)
    assert np.array_equal(first.drum_onsets, again.drum_onsets)
    assert not np.array_equal(first.partials.level, other.partials.level)


def test_frames_drawn_are_as_likely_as_the_network_says() -> None:
    net, random = composer(), np.random.default_rng(0)
    with torch.no_grad():
        net.onset_in.zero_()  # so that the other bands do not depend on the first
    heard = [torch.zeros(1, 1, 3 * 3 + 2 * 72) for _ in HEARD]
    wishes = Wishes(
        torch.zeros(1, 1, dtype=torch.long),
        torch.zeros(1, 1),
        torch.zeros(1, 128),
        torch.full((1, 1, SMALL.wishes), -1.0),
    )
    with torch.inference_mode():
        context, copies, _ = net.contexts(heard, torch.zeros(1, 1, len(HEARD)), wishes)
        chances = net.chances(context[0, 0], copies[0, 0])
        found = np.bincount([chances.draw(random)[0][0] for _ in range(3000)], minlength=21)
        told = torch.zeros(1, 21, 3, dtype=torch.long)
        told[0, :, 0] = torch.arange(21)
        said, _ = net.log_likelihood(
            context.expand(-1, 21, -1),
            copies.expand(-1, 21, -1, -1),
            told,
            torch.zeros(1, 21, 72, dtype=torch.long),
        )
    assert np.abs(found / 3000 - said[0].softmax(-1).numpy()).max() < 0.03


def test_a_value_is_drawn_knowing_those_before_it() -> None:
    net = composer()
    with torch.no_grad():
        net.level_in.zero_()
        net.level_in[0, 1:] = 50.0  # where the lowest pitch sounds,
        net.level_out.zero_()
        net.level_out[1, :, 7] = 50.0  # the next one sounds as loud as can be
        net.say_levels.weight.zero_()
        net.say_levels.bias.zero_()
        context, copies = torch.zeros(2 * SMALL.hidden), torch.zeros(72, 8)
        net.chain.bias.fill_(-1.0)
    chances = net.chances(context, copies)
    random = np.random.default_rng(0)
    drawn = np.stack([chances.draw(random)[1] for _ in range(100)])
    assert (drawn[drawn[:, 0] > 0, 1] == 7).all()
    assert (drawn[drawn[:, 0] == 0, 1] < 7).any()


def test_a_section_that_returns_hears_its_first_time() -> None:
    sections = (
        DanceSection(0.0, 8.0, "A"),
        DanceSection(8.0, 12.0, "B"),
        DanceSection(12.0, 20.0, "A"),
    )
    grid = Grid.of(RHYTHM, 4)
    earlier, began = earlier_places(grid, grid.plan(Events(sections=sections)))
    back = int(grid.place(12.0))
    assert earlier[back] == 0 and earlier[back + 1] == 1
    assert began[int(grid.place(9.0))] == int(grid.place(8.0))


def test_nothing_sounds_in_a_freeze_and_an_accent_is_struck() -> None:
    events = Events(freezes=(Freeze(6.0, 8.0),), accents=(Accent(12.1, 1.0),))
    made = piece(events=events)
    ((begin, end),) = made.arrangement.pauses
    assert 5.8 < begin < 6.4 and 7.5 < end < 8.6
    inside = slice(int((begin + 0.1) * DRUM_RATE), int((end - 0.1) * DRUM_RATE))
    assert not made.drum_onsets[:, inside].any()
    times = made.partials.times
    assert not made.partials.level[(times > begin + 0.1) & (times < end - 0.1)].any()
    struck = made.drum_onsets[:, int(12.0 * DRUM_RATE) : int(12.3 * DRUM_RATE)]
    assert struck.max() == pytest.approx(1.0)


def test_the_piece_closes_on_one_chord() -> None:
    made = piece()
    grid = Grid.of(RHYTHM, 4)
    begin = float(grid.seconds(np.array(grid.close)))
    rest = made.partials.pitch[made.partials.times > begin]
    assert (np.sort(rest, axis=1) == np.sort(rest[:1], axis=1)).all()
    late = np.flatnonzero(made.drum_onsets.max(axis=0))[-1] / DRUM_RATE
    assert late < begin + 0.1


def test_what_is_heard_lies_before_what_is_said() -> None:
    numbers = torch.arange(200.0)[None, :, None]
    heard, known = heard_frames(numbers, torch.ones(1, 200, dtype=torch.bool), 200 - max(LOOKBACK))
    for lag, frames in zip(HEARD, heard, strict=True):
        assert float(frames[0, 0, 0]) == max(LOOKBACK) - lag
    assert known.shape == (1, 72, len(HEARD)) and bool(known.all())


def test_the_embedded_composer_keeps_to_the_score() -> None:
    bundle = load_bundle()
    rules = read_styles(bundle.folder)["pop"].rules
    vector = bundle.arrays("styles.safetensors")["pop"][0]
    asked = Style("pop", vector, rules)
    net = load_composer(bundle)
    alike, tones = [], []
    for seed in range(3):
        made = compose_learned(net, RHYTHM, ENERGY * 0 + 1, SECONDS, asked, seed)
        plain = arrange(RHYTHM, ENERGY * 0 + 1, SECONDS, "pop", rules, seed)
        assert made.arrangement.chords == plain.arrangement.chords
        wishes = [
            wishes_of_music(to_frames(sketch.partials, sketch.drum_onsets))
            for sketch in (made, plain)
        ]
        for columns, into in ((GROOVE, alike), (HARMONY, tones)):
            first, second = (wish[:, columns].ravel() for wish in wishes)
            into.append(np.corrcoef(first, second)[0, 1])
    assert np.mean(alike) > 0.4 and np.mean(tones) > 0.4


def test_a_bundle_without_a_composer_says_so() -> None:
    bundle = load_bundle()
    files = {k: v for k, v in bundle.config["files"].items() if k != "composer.safetensors"}
    with pytest.raises(BundleError, match="no learned composer: use --composer rules"):
        D2MMaker(
            Bundle(bundle.folder, {**bundle.config, "files": files}), "cpu", None, Composing.LEARNED
        )
