"""The adversarial step on real discriminators: what is updated, by which gradient."""

import copy

import pytest
import torch
from lightning.fabric import Fabric

from d2m_cli.losses.adversarial import adversarial_terms, hinge_discriminator
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.training.adversary import Adversary
from d2m_cli.training.run.optimiser import OptimiserConfig


def adversary_for(**changes: float) -> Adversary:
    torch.manual_seed(0)
    critic = MultiScaleDiscriminator((16, 16, 32, 32), scales=2)
    config = OptimiserConfig(warm_up_steps=1, **changes)  # type: ignore[arg-type]
    return Adversary(critic, config, Fabric(accelerator="cpu", devices=1))


def sequences() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    real, fake = (torch.randn(2, 1, 4096, generator=draw) for _ in range(2))
    return real, (2 * fake).requires_grad_()


def test_one_step_has_the_loss_and_gradient_of_equation_2() -> None:
    adversary, (real, fake) = adversary_for(clip=1e9), sequences()
    apart = copy.deepcopy(adversary.critic)
    loss = hinge_discriminator(apart(real), apart(fake.detach()))
    loss.backward()
    assert adversary.learn(real, fake, 0, 0.0) == pytest.approx(float(loss.detach()), rel=1e-6)
    for trained, reference in zip(adversary.critic.parameters(), apart.parameters(), strict=True):
        torch.testing.assert_close(trained.grad, reference.grad, rtol=1e-4, atol=1e-6)
    assert fake.grad is None


def test_discriminators_learn_to_tell_real_from_generated() -> None:
    adversary, (real, fake) = adversary_for(rate=1e-3), sequences()
    losses = [adversary.learn(real, fake, number, 0.0) for number in range(20)]
    assert losses[-1] < 0.9 * losses[0]


def test_the_terms_of_a_generator_reach_it_and_not_the_discriminators() -> None:
    adversary, (real, fake) = adversary_for(), sequences()
    with adversary.frozen():
        terms = adversarial_terms(adversary.judge, real, fake)
        torch.stack(list(terms.values())).sum().backward()
    assert terms.keys() == {"adversarial", "feature_matching"}
    assert float(fake.grad.abs().sum()) > 0
    assert all(p.grad is None and p.requires_grad for p in adversary.critic.parameters())


def test_a_stopped_adversary_goes_on_exactly() -> None:
    whole, stopped, resumed = (adversary_for() for _ in range(3))
    real, fake = sequences()
    expected = [whole.learn(real, fake, number, number / 6) for number in range(6)]
    for number in range(3):
        stopped.learn(real, fake, number, number / 6)
    resumed.restore(copy.deepcopy(stopped.state()))
    assert [resumed.learn(real, fake, n, n / 6) for n in range(3, 6)] == expected[3:]
