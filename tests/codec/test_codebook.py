import pytest
import torch

from d2m_cli.codec import codebook
from d2m_cli.codec.codebook import (
    code_logits,
    draw_codes,
    look_up,
    nearest_entries,
    quantise,
    straight_through,
)


def test_nearest_entries_are_those_of_the_full_distance_matrix() -> None:
    torch.manual_seed(0)
    entries, vectors = torch.randn(300, 64), torch.randn(codebook.CHUNK + 77, 64)
    expected = torch.cdist(vectors.double(), entries.double()).argmin(1)
    assert torch.equal(nearest_entries(vectors, entries), expected)


def test_entries_themselves_are_found() -> None:
    torch.manual_seed(0)
    entries = torch.randn(300, 64)
    codes = torch.randint(300, (3, 20))
    found, vectors = quantise(look_up(codes, entries), entries)
    assert torch.equal(found, codes)
    assert torch.equal(vectors[1, :, 5], entries[codes[1, 5]])


def test_straight_through_takes_the_entries_value_and_passes_the_gradient() -> None:
    latents = torch.randn(2, 64, 5, requires_grad=True)
    entries = torch.randn(2, 64, 5)
    chosen = straight_through(latents, entries)
    torch.testing.assert_close(chosen, entries)
    gradient = torch.randn_like(chosen)
    chosen.backward(gradient)
    assert torch.equal(latents.grad, gradient)


def test_equal_spreads_make_the_nearest_entry_the_likeliest_code() -> None:
    torch.manual_seed(0)
    entries, mean = torch.randn(50, 8), torch.randn(2, 8, 30)
    logits = code_logits(mean, torch.full_like(mean, 0.7), entries, torch.zeros(50))
    assert torch.equal(logits.argmax(-1), quantise(mean, entries)[0])


def test_drawn_codes_follow_the_seed_and_the_stated_probabilities() -> None:
    entries = torch.tensor([[-1.0], [1.0], [30.0]])
    mean, std = torch.zeros(1, 1, 4000), torch.ones(1, 1, 4000)
    prior = torch.tensor([0.0, 1.0, 0.0])

    def draw(seed: int, temperature: float = 1.0) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return draw_codes(code_logits(mean, std, entries, prior), generator, temperature)

    codes = draw(0)
    assert torch.equal(codes, draw(0)) and not torch.equal(codes, draw(1))
    share = float((codes == 1).float().mean())
    assert share == pytest.approx(torch.tensor(1.0).sigmoid().item(), abs=0.03)
    assert (codes != 2).all()
    assert float((draw(0, temperature=0.1) == 1).float().mean()) > 0.99
