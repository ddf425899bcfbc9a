from itertools import pairwise

import pytest
import torch

from d2m_cli.codec.stream import decode_windows, encode_window
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, Level


@pytest.fixture(scope="module", params=list(Level))
def level(request: pytest.FixtureRequest) -> Level:
    return request.param


@pytest.fixture(scope="module")
def vqvae(level: Level) -> VQVAE:
    torch.manual_seed(0)
    made = VQVAE((level.number,)).eval()
    made.codebook(level).copy_(torch.randn(CODEBOOK_SIZE, CODE_DIM))
    return made


def test_windows_encode_what_one_pass_encodes(vqvae: VQVAE, level: Level) -> None:
    wave = torch.randn(4 * 22050 // level.hop * level.hop)

    def sound(first: int, count: int) -> torch.Tensor:
        return wave[first : first + count]

    whole = vqvae.encode(wave[None], level)
    codes = whole.shape[-1]
    bounds = [0, codes // 5, codes // 2, codes]
    parts = [encode_window(vqvae, sound, first, last, level) for first, last in pairwise(bounds)]
    torch.testing.assert_close(torch.cat(parts, dim=-1), whole, atol=1e-4, rtol=1e-4)


def test_windows_decode_what_one_pass_decodes(vqvae: VQVAE, level: Level) -> None:
    codes = torch.randint(CODEBOOK_SIZE, (int(3 * level.code_rate),))
    whole = torch.cat(list(decode_windows(vqvae, codes, level, seconds=100.0)))
    parts = torch.cat(list(decode_windows(vqvae, codes, level, seconds=0.7)))
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=1e-4)
