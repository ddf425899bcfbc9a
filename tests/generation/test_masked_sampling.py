"""Codes in several passes: the same for a seed, whatever the windows, and known ones stay."""

import pytest
import torch

from d2m_cli.generation.masked_sampling import BLOCK, Known, MaskedSampler
from d2m_cli.models.conditioning import noise_sequence
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, DRUM_RATE, NOISE_RATE, Level

COUNT, SECONDS = 2000, 12


@pytest.fixture(scope="module", params=list(Level))
def generator(request: pytest.FixtureRequest) -> Generator:
    """A small one that really hears known codes."""
    torch.manual_seed(0)
    shape = GeneratorShape(
        level=request.param,
        motion_channels=53,
        visual_channels=16,
        visual_rate=2.0,
        style_channels=12,
        width=0.05,
        min_channels=8,
        motion_width=0.03,
        features=8,
        predicts_std=True,
        drum_bands=3,
        masked=True,
        free=True,
    )
    made = Generator(shape).eval()
    for name, weight in made.named_parameters():
        if name.startswith(("vq.known", "vq.free")):
            torch.nn.init.normal_(weight, std=0.3)
    return made


def codes(
    generator: Generator,
    seed: int,
    window: int = 1024,
    passes: int = 3,
    known: Known | None = None,
) -> torch.Tensor:
    torch.manual_seed(1)
    steps = 30 * SECONDS
    given = Conditions(
        motion=torch.randn(1, 53, steps),
        visual=torch.randn(1, 16, 2 * SECONDS + 1),
        phase=(torch.arange(steps, dtype=torch.float64) / 15)[None],
        confidence=torch.ones(1, steps),
        noise=noise_sequence(int(NOISE_RATE * SECONDS) + 2, 0),
        style=torch.randn(1, 12),
        drum_onsets=torch.rand(1, 3, int(SECONDS * DRUM_RATE) + 2),
    )
    sketch = 5 * torch.randn(1, CODE_DIM, COUNT + 4)
    book = 5 * torch.randn(CODEBOOK_SIZE, CODE_DIM)
    sampler = MaskedSampler(generator, book, passes, torch.Generator().manual_seed(seed))
    return sampler.sample(given, COUNT, lambda a, b: sketch[..., a:b], window=window, known=known)


def test_windows_draw_what_one_pass_over_the_piece_draws(generator: Generator) -> None:
    whole = codes(generator, 3)
    assert whole.shape == (COUNT,) and len(whole.unique()) > 100
    assert torch.equal(codes(generator, 3, window=BLOCK // 2), whole)
    assert not torch.equal(codes(generator, 4), whole)


def test_every_pass_changes_the_codes(generator: Generator) -> None:
    assert not torch.equal(codes(generator, 3, passes=2), codes(generator, 3, passes=1))


def test_fewer_codes_are_hidden_after_each_pass(generator: Generator) -> None:
    book = torch.zeros(CODEBOOK_SIZE, CODE_DIM)
    sampler = MaskedSampler(generator, book, 4, torch.Generator().manual_seed(0))
    hidden, counts = torch.ones(1000, dtype=torch.bool), []
    wished = hidden
    for done in range(1, 5):
        before = hidden
        hidden = sampler._hidden_again(torch.rand(1000), hidden, wished, done)
        assert not (hidden & ~before).any()
        counts.append(int(hidden.sum()))
    assert counts[0] == pytest.approx(924, abs=4) and counts[-1] == 0
    assert counts == sorted(counts, reverse=True)


def test_a_part_is_drawn_hearing_the_rest_which_stays(generator: Generator) -> None:
    first, last = 777, 1302
    hidden = torch.zeros(COUNT, dtype=torch.bool)
    hidden[first:last] = True
    parts = []
    for other in (5, 6):
        old = codes(generator, other, passes=1)
        parts.append(codes(generator, 3, known=Known(old, hidden)))
        assert torch.equal(parts[-1][~hidden], old[~hidden])
        again = codes(generator, 3, window=BLOCK // 2, known=Known(old, hidden))
        assert torch.equal(again, parts[-1])
    heard = parts[0][first:last] != parts[1][first:last]
    assert heard[:40].float().mean() > heard[240:280].float().mean()
