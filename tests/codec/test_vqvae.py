import authors
import numpy as np
import pytest
import torch

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.layers import doubling
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import CODEBOOK_SIZE, Level


@torch.no_grad()
def test_agrees_with_jukebox() -> None:
    vqvae, jukebox = VQVAE().eval(), authors.recorded("jukebox_io.npz")
    vqvae.load_state_dict(authors.jukebox_state())
    latents = vqvae.encode(torch.from_numpy(jukebox["wave"]), Level.HIGH)
    np.testing.assert_allclose(latents, jukebox["latents"], atol=2e-5)

    codes, entries = vqvae.quantise(latents, Level.HIGH)
    clear = jukebox["margin"] > 1e-4
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(codes[clear], jukebox["codes"][clear])
    wanted = look_up(torch.from_numpy(jukebox["codes"]).long(), vqvae.codebook(Level.HIGH))
    same = torch.from_numpy(clear)[:, None].expand_as(entries)
    np.testing.assert_array_equal(entries[same], wanted[same])

    wave = vqvae.decode(wanted, Level.HIGH)
    np.testing.assert_allclose(wave, jukebox["decoded"], atol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@torch.no_grad()
def test_doubling_is_a_transposed_convolution(layout: torch.memory_format) -> None:
    layer = doubling(6, 10)
    x = torch.randn(2, 6, 1, 31).contiguous(memory_format=layout)
    wanted = torch.nn.functional.conv_transpose1d(x[:, :, 0], layer.weight, layer.bias, 2, 1)
    torch.testing.assert_close(layer(x)[:, :, 0], wanted)


def test_has_jukebox_size() -> None:
    vqvae = VQVAE()
    assert sum(p.numel() for p in vqvae.parameters()) == 1_485_763
    assert sum(b.numel() for b in vqvae.buffers()) == 393_216


def test_subset_of_levels_is_a_subset_of_keys() -> None:
    whole, part = VQVAE().state_dict(), VQVAE((1, 2)).state_dict()
    assert {k.split(".")[1] for k in part if k.startswith("encoders")} == {"1", "2"}
    assert all(part[key].shape == whole[key].shape for key in part)


@pytest.mark.parametrize("level", Level)
@torch.no_grad()
def test_shapes(level: Level) -> None:
    vqvae = VQVAE((level.number,))
    latents = vqvae.encode(torch.zeros(2, 7 * level.hop + 5), level)
    assert latents.shape == (2, 64, 7)
    codes, entries = vqvae.quantise(latents, level)
    assert codes.shape == (2, 7) and entries.shape == (2, 64, 7)
    assert vqvae.codebook(level).shape == (CODEBOOK_SIZE, 64)
    assert vqvae.decode(entries, level).shape == (2, 7 * level.hop)


@pytest.mark.parametrize("level", Level)
def test_decoder_context_is_exactly_what_one_code_hears(level: Level) -> None:
    torch.manual_seed(0)
    vqvae = VQVAE((level.number,))
    context = vqvae.decoder_context(level)
    centre = context + 3
    latents = torch.randn(1, 64, 2 * centre + 1, requires_grad=True)
    wave = vqvae.decode(latents, level)
    wave[0, centre * level.hop : (centre + 1) * level.hop].abs().sum().backward()
    heard = latents.grad[0].abs().sum(0).nonzero().flatten()
    assert (heard.min(), heard.max()) == (centre - context, centre + context)


@pytest.mark.parametrize("level", Level)
@torch.no_grad()
def test_window_with_context_equals_the_whole(level: Level) -> None:
    torch.manual_seed(0)
    vqvae = VQVAE((level.number,))
    context = vqvae.decoder_context(level)
    latents = torch.randn(1, 64, 3 * context)
    whole = vqvae.decode(latents, level)
    begin, end = context + 4, context + 14
    window = vqvae.decode(latents[:, :, begin - context : end + context], level)
    inner = window[:, context * level.hop : -context * level.hop]
    torch.testing.assert_close(inner, whole[:, begin * level.hop : end * level.hop])
