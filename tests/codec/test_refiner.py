"""The refiner: nothing until it is trained, the same in windows, alike at the ends."""

import pytest
import torch

from d2m_cli.codec.refiner import HOP, Refiner
from d2m_cli.codec.stream import decode_windows
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, Level


def refined(level: Level) -> VQVAE:
    torch.manual_seed(0)
    vqvae = VQVAE((level.number,), refined=True).eval()
    vqvae.codebook(level).copy_(torch.randn(CODEBOOK_SIZE, CODE_DIM))
    for part in vqvae.refiners.values():
        assert isinstance(part, Refiner)
        torch.nn.init.normal_(part.say.weight, std=0.02)
    return vqvae


@pytest.mark.parametrize("level", list(Level))
@torch.no_grad()
def test_untrained_it_changes_nothing(level: Level) -> None:
    count = 12 * HOP // level.hop + 1
    wave, entries = torch.randn(2, count * level.hop), torch.randn(2, CODE_DIM, count)
    torch.testing.assert_close(Refiner(level.hop)(wave, entries), wave, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("level", list(Level))
def test_windows_decode_what_one_pass_decodes(level: Level) -> None:
    vqvae = refined(level)
    codes = torch.randint(CODEBOOK_SIZE, (int(5 * level.code_rate) + 3,))
    whole = torch.cat(list(decode_windows(vqvae, codes, level, seconds=100.0)))
    parts = torch.cat(list(decode_windows(vqvae, codes, level, seconds=1.3)))
    assert len(whole) == len(codes) * level.hop
    torch.testing.assert_close(parts, whole, atol=2e-4, rtol=1e-3)


def test_a_codec_is_refined_where_its_weights_are() -> None:
    level = Level.HIGH
    assert VQVAE.fitting(refined(level).state_dict(), level).refiners
    assert not VQVAE.fitting(VQVAE((level.number,)).state_dict(), level).refiners
