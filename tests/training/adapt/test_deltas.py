"""Deltas of a generator: nothing at first, merged as beside it, and only behind the sketch."""

import pytest
import torch

from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import CODE_DIM, NOISE_CHANNELS, Level
from d2m_cli.training.adapt.deltas import Deltas

CODES = 24


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    shape = GeneratorShape(
        level=Level.HIGH, motion_channels=5, visual_channels=4, visual_rate=2.0, style_channels=6,
        width=0.01, min_channels=8, features=8, style_features=8, predicts_std=True,
        drum_bands=3, free=True, masked=True,
    )  # fmt: skip
    return Generator(shape)


def given() -> tuple[Conditions, int, torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw)

    conditions = Conditions(
        *(normal(2, 5, 12), normal(2, 4, 3), torch.arange(12.0).repeat(2, 1).double() / 15),
        *(torch.ones(2, 12), normal(2, NOISE_CHANNELS, 20), normal(2, 6), normal(2, 3, 60)),
    )
    hidden = torch.arange(CODES).repeat(2, 1) % 2 == 0
    known = known_codes(normal(2, CODE_DIM, CODES), hidden)
    return conditions, CODES, normal(2, CODE_DIM, CODES), known


def test_untrained_deltas_change_nothing_and_trained_ones_merge(generator: Generator) -> None:
    deltas = Deltas(generator, rank=2)
    before = generator(*given())
    said, prior = deltas(*given())
    torch.testing.assert_close(said.mean, before.mean, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(prior, generator.prior)
    (said.mean.square().mean() + said.free.mean() + prior.sum()).backward()
    learning = dict(deltas.named_parameters())
    assert all(p.grad is not None for n, p in learning.items() if not n.startswith("down"))
    with torch.no_grad():
        for parameter in learning.values():
            parameter.normal_(std=0.1)
        changed, _ = deltas(*given())
        assert (changed.mean - before.mean).abs().max() > 0.1
        merged = Generator(generator.settings)
        merged.load_state_dict(deltas.merged())
        for one, other in zip(merged(*given()), changed, strict=True):
            torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_what_reads_the_dance_stays(generator: Generator) -> None:
    deltas = Deltas(generator, rank=2)
    with torch.no_grad():
        for parameter in deltas.parameters():
            parameter.fill_(0.1)
    state, merged = generator.state_dict(), deltas.merged()
    changed = {name for name in state if not torch.equal(state[name], merged[name])}
    assert changed and all(name == "prior" or name.startswith("vq.") for name in changed)
    assert not any(name.startswith(("vq.convs.0", "vq.stacks.0")) for name in changed)
    few = sum(p.numel() for p in deltas.parameters())
    assert few < 0.5 * sum(v.numel() for v in state.values())
