"""Folded convolutions compute what those do that they stand for."""

import pytest
import torch
from torch import nn

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.models.blocks import AlignedConv
from d2m_cli.models.folding import fold
from d2m_cli.models.generator import Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import CODE_DIM, Level


@pytest.mark.parametrize(("kernel", "dilation"), [(40, 1), (41, 1), (41, 2), (3, 9), (1, 1)])
@pytest.mark.parametrize("length", [1, 88, 89, 90, 333])
def test_a_folded_convolution_gives_the_same(kernel: int, dilation: int, length: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        AlignedConv(24, 32, kernel, dilation), nn.Conv1d(32, 8, 15, padding=7, bias=False)
    )
    x = torch.randn(2, 24, length)
    plain = network(x)
    fold(network)
    assert torch.allclose(network(x), plain, atol=2e-5)


@pytest.mark.parametrize("level", Level)
def test_a_folded_generator_gives_the_same_latents(level: Level) -> None:
    bundle = load_bundle()
    shape = GeneratorShape(**{**bundle.settings["generators"][level.value], "level": level})
    generator = Generator(shape)
    bundle.load_into(generator, f"generator_{level}.safetensors")
    draw = torch.Generator().manual_seed(0)
    length, vq = 700, generator.vq
    begun = torch.randn(1, vq.convs[vq.code_stage].out_channels, length, generator=draw)
    style = torch.randn(1, shape.style_features, generator=draw)
    known = torch.randn(1, CODE_DIM + 1, length, generator=draw)
    with torch.inference_mode():
        plain = vq.finish(begun, style, None, known)
        fold(vq)
        folded = vq.finish(begun, style, None, known)
    assert (folded.mean - plain.mean).abs().max() < 1e-3 * plain.mean.abs().max()
    assert plain.std is not None and folded.std is not None
    assert torch.allclose(folded.std, plain.std, rtol=1e-3)
