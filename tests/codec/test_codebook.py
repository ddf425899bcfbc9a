import torch

from d2m_cli.codec import codebook
from d2m_cli.codec.codebook import look_up, nearest_entries, quantise, straight_through


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
