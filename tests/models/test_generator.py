"""The generator keeps time as time: windows join exactly, motion acts locally, seeds act."""

import pytest
import torch

from d2m_cli.models.blocks import in_windows
from d2m_cli.models.conditioning import noise_sequence, rhythm_channels
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import CODE_DIM, DRUM_RATE, NOISE_CHANNELS, NOISE_RATE, SIGMA, Level, code_count

STYLE = 12


def make(
    level: Level, predicts_std: bool = False, drum_bands: int = 0, masked: bool = False
) -> Generator:
    torch.manual_seed(0)
    return Generator(
        GeneratorShape(
            level=level,
            motion_channels=53,
            visual_channels=16,
            visual_rate=2.0,
            style_channels=STYLE,
            width=0.125,
            min_channels=16,
            motion_width=0.03,
            features=8,
            predicts_std=predicts_std,
            drum_bands=drum_bands,
            masked=masked,
            free=masked,
        )
    ).eval()


def dance(seconds: float, seed: int = 0) -> Conditions:
    torch.manual_seed(1)
    steps = int(30 * seconds)
    return Conditions(
        motion=torch.randn(1, 53, steps),
        visual=torch.randn(1, 16, int(2 * seconds) + 1),
        phase=(torch.arange(steps, dtype=torch.float64) / 15)[None],
        confidence=torch.ones(1, steps),
        noise=noise_sequence(int(NOISE_RATE * seconds) + 2, seed),
        style=torch.randn(1, STYLE),
    )


@pytest.mark.parametrize("level", list(Level))
def test_two_seconds_give_the_paper_s_code_counts(level: Level) -> None:
    codes = code_count(2.0, level)
    assert codes == {Level.HIGH: 344, Level.LOW: 1378}[level]
    with torch.no_grad():
        latents = make(level)(dance(2.0), codes).mean
    assert latents.shape == (1, 64, codes)
    assert latents.abs().max() <= SIGMA


@pytest.mark.parametrize("level", list(Level))
def test_windows_join_to_the_one_pass_result(level: Level) -> None:
    generator, given = make(level), dance(9.3)
    codes = code_count(9.3, level)
    with torch.no_grad():
        whole = generator(given, codes).mean
    pieces = [piece.mean for piece in generator.windows(given, codes, window=90)]
    assert len(pieces) > 3
    torch.testing.assert_close(torch.cat(pieces, dim=-1), whole, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("level", list(Level))
def test_windows_with_a_sketch_join_to_the_one_pass_result(level: Level) -> None:
    generator, codes = make(level, drum_bands=3), 4 * (code_count(9.3, level) // 4)
    given = dance(9.3)._replace(drum_onsets=torch.rand(1, 3, int(9.3 * DRUM_RATE) + 2))
    sketch = 10 * torch.randn(1, CODE_DIM, codes)
    with torch.no_grad():
        whole = generator(given, codes, sketch).mean
    parts = generator.windows(given, codes, lambda a, b: sketch[..., a:b], window=90)
    joined = torch.cat([piece.mean for piece in parts], dim=-1)
    torch.testing.assert_close(joined, whole, atol=2e-4, rtol=1e-4)


def test_sketch_and_hits_change_the_music() -> None:
    generator, given = make(Level.HIGH, drum_bands=3), dance(2.0)
    given = given._replace(drum_onsets=torch.zeros(1, 3, 174))
    sketch = 10 * torch.randn(1, CODE_DIM, 344)
    with torch.no_grad():
        first = generator(given, 344, sketch).mean
        assert not torch.allclose(first, generator(given, 344, -sketch).mean)
        hit = given._replace(drum_onsets=torch.ones(1, 3, 174))
        assert not torch.allclose(first, generator(hit, 344, sketch).mean)


def test_encoders_run_in_windows_too() -> None:
    generator = make(Level.HIGH)
    motion = torch.randn(1, 53, 400)
    with torch.no_grad():
        whole, parts = generator.motion(motion), in_windows(generator.motion, motion, window=64)
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-4)


def test_a_change_of_motion_acts_only_near_its_moment() -> None:
    generator, given = make(Level.HIGH), dance(12.0)
    moved = given.motion.clone()
    moved[..., 180] += 5.0
    codes = code_count(12.0, Level.HIGH)
    with torch.no_grad():
        before = generator(given, codes).mean
        after = generator(given._replace(motion=moved), codes).mean
    difference = (after - before).abs()
    when = difference.sum(dim=(0, 1)).nonzero()[:, 0] / Level.HIGH.code_rate
    assert when.numel() > 0
    assert 6.0 - 4.0 < when.min() < 6.0 < when.max() < 6.0 + 4.0


def test_seed_and_style_change_the_music() -> None:
    generator, given = make(Level.HIGH), dance(2.0)
    with torch.no_grad():
        first = generator(given, 344).mean
        assert torch.equal(first, generator(given, 344).mean)
        styled = generator(given._replace(style=given.style + 1), 344).mean
        assert not torch.allclose(first, styled)
        assert not torch.allclose(first, generator(dance(2.0, seed=1), 344).mean)


def test_rhythm_channels_mark_the_beats() -> None:
    phase = (torch.arange(300, dtype=torch.float64) / 50)[None]
    channels = rhythm_channels(phase, torch.ones(1, 300), rate=100.0)
    pulse = channels[0, -3]
    assert torch.equal((pulse > 0.99).nonzero()[:, 0], torch.arange(0, 300, 50))
    torch.testing.assert_close(channels[0, -1], torch.ones(300))


def test_noise_of_a_longer_piece_begins_like_that_of_a_shorter_one() -> None:
    short, long = noise_sequence(5, seed=3), noise_sequence(50, seed=3)
    assert short.shape == (1, NOISE_CHANNELS, 5)
    assert torch.equal(short, long[..., :5])


def test_an_uncertain_generator_gives_a_spread_for_every_latent() -> None:
    generator, given = make(Level.HIGH, predicts_std=True), dance(2.0)
    with torch.no_grad():
        latents = generator(given, 344)
    assert latents.std is not None and latents.std.shape == latents.mean.shape
    assert latents.std.min() > 0
    pieces = list(generator.windows(given, 344, window=20))
    assert sum(piece.mean.shape[-1] for piece in pieces) == 344


def test_an_untrained_masked_generator_is_the_one_without() -> None:
    plain, masked = make(Level.HIGH, predicts_std=True), make(Level.HIGH, True, masked=True)
    masked.load_state_dict(plain.state_dict(), strict=False)
    given, known = dance(2.0), torch.randn(1, CODE_DIM + 1, 344)
    with torch.no_grad():
        expected, found = plain(given, 344), masked(given, 344, known=known)
    assert torch.equal(found.mean, expected.mean) and found.std is not None
    assert expected.std is not None and torch.equal(found.std, expected.std)
    assert found.free is not None and expected.free is None and not found.free.any()
