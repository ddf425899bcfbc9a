"""Which codes are hidden in training, and what is counted."""

import torch

from d2m_cli.models.vq_generator import Latents
from d2m_cli.spec import CODE_DIM
from d2m_cli.training.generator.masking import draw_hidden, surprise


def test_each_draw_hides_its_own_codes_whatever_the_batch() -> None:
    whole = draw_hidden(range(16), 200, seed=0)
    parts = [draw_hidden(range(first, first + 4), 200, seed=0) for first in range(0, 16, 4)]
    assert torch.equal(torch.cat(parts), whole)
    assert whole[::4].all() and not whole[1::4].all()
    assert 0.5 < whole.float().mean() < 0.95


def test_only_hidden_codes_count() -> None:
    torch.manual_seed(0)
    book, codes = torch.randn(32, CODE_DIM), torch.randint(32, (2, 10))
    mean = book[codes].transpose(1, 2)
    hidden = torch.zeros(2, 10, dtype=torch.bool)
    hidden[:, :5] = True
    wrong = mean.clone()
    wrong[..., 5:] = 0.0
    std = torch.full_like(mean, 0.5)
    alone = surprise(Latents(mean, std), book, torch.zeros(32), codes, hidden)
    assert torch.equal(surprise(Latents(wrong, std), book, torch.zeros(32), codes, hidden), alone)
    assert surprise(Latents(wrong, std), book, torch.zeros(32), codes) > alone


def test_free_logits_are_added() -> None:
    mean, std = torch.zeros(1, CODE_DIM, 3), torch.ones(1, CODE_DIM, 3)
    free = torch.zeros(1, 8, 3)
    free[:, 2] = 20.0
    said = Latents(mean, std, free)
    book, codes = torch.randn(8, CODE_DIM), torch.full((1, 3), 2)
    told = surprise(said, book, torch.zeros(8), codes)
    assert told < surprise(Latents(mean, std), book, torch.zeros(8), codes)
