"""What equation 8 does to the generator's three modules; the codec is the embedded one."""

import numpy as np
import pytest
import torch
from project import ROOT
from safetensors.torch import load_file
from synthetic_music import sound

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.losses.adversarial import hinge_discriminator
from d2m_cli.losses.reconstruction import mel_loss
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import NOISE_CHANNELS, Level
from d2m_cli.training.generator.losses import (
    LossWeights,
    Target,
    encode_target,
    generator_losses,
)

LEVEL = Level.HIGH
CODES = 16
AUDIO_EXAMPLES = 6
"""Codes that wave and mel losses hear in a step."""
BATCH = 2
STEPS = 140
NOTHING = LossWeights(adversarial=0.0, feature_matching=0.0, code=0.0, wave=0.0, mel=0.0)


@pytest.fixture(scope="module")
def codec() -> VQVAE:
    vqvae = VQVAE((LEVEL.number,))
    vqvae.load_state_dict(load_file(ROOT / "weights/codec_high.safetensors"))
    return vqvae.requires_grad_(False)


@pytest.fixture(scope="module")
def target(codec: VQVAE) -> Target:
    begin, end = 20_000, 20_000 + CODES * LEVEL.hop
    waves = np.stack([sound(seed)[begin:end] for seed in range(BATCH)])
    return encode_target(codec, torch.from_numpy(waves.astype(np.float32)), LEVEL)


def networks(codec: VQVAE) -> tuple[Generator, MultiScaleDiscriminator, Conditions]:
    """A small generator of the paper's kind, discriminators, and two unlike dances."""
    torch.manual_seed(0)
    sizes = {"width": 0.05, "min_channels": 24, "motion_width": 0.05, "features": 24}
    generator = Generator(
        GeneratorShape(
            level=LEVEL,
            motion_channels=53,
            visual_channels=16,
            visual_rate=2.0,
            style_channels=8,
            **sizes,
        )
    )
    scale = 1.0 / float(codec.codebook(LEVEL).std())
    discriminator = MultiScaleDiscriminator((8, 8, 16, 16), input_scale=scale)
    steps = 8
    given = Conditions(
        torch.randn(BATCH, 53, steps),
        torch.randn(BATCH, 16, 2),
        torch.arange(steps, dtype=torch.float64).expand(BATCH, -1) / 15,
        torch.ones(BATCH, steps),
        torch.randn(BATCH, NOISE_CHANNELS, steps),
        torch.randn(BATCH, 8),
    )
    return generator, discriminator, given


@pytest.mark.parametrize("term", ["adversarial", "feature_matching", "code", "wave", "mel"])
def test_each_term_alone_moves_every_module(term: str, codec: VQVAE, target: Target) -> None:
    generator, discriminator, given = networks(codec)
    alone = LossWeights(**{**vars(NOTHING), term: getattr(LossWeights(), term)})
    predicted = generator(given, CODES)
    terms = generator_losses(
        discriminator, codec, LEVEL, target, predicted, None, alone, slice(0, CODES)
    )
    assert terms.keys() == {term}
    terms[term].backward()
    for module in (generator.motion, generator.visual, generator.vq):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        size = torch.cat([p.grad.flatten() for p in module.parameters()]).norm()
        assert size > 1e-6, f"{term} does not reach {type(module).__name__}"


@torch.no_grad()
def mel_distance(codec: VQVAE, entries: torch.Tensor, target: Target) -> float:
    return float(mel_loss(codec.decode(entries, LEVEL), target.wave))


def test_one_batch_can_be_overfitted(codec: VQVAE, target: Target) -> None:
    """Equation 8 with the paper's weights: within 140 steps the code loss falls to 15 %, of the mel
    loss that the true codes do not have 15 % are left, and 90 % of the codes are right."""
    generator, discriminator, given = networks(codec)
    draw = torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(generator.parameters(), 8e-4, betas=(0.5, 0.9), fused=True)
    adversary = torch.optim.Adam(discriminator.parameters(), 1e-4, betas=(0.5, 0.9), fused=True)
    code, mel = [], []
    for step in range(STEPS):
        predicted = generator(given, CODES)
        real, fake = (discriminator(x) for x in (target.latents, predicted.mean.detach()))
        judged = hinge_discriminator(real, fake)
        adversary.zero_grad()
        judged.backward()
        adversary.step()
        begin = int(torch.randint(CODES - AUDIO_EXAMPLES + 1, (), generator=draw))
        terms = generator_losses(
            discriminator,
            codec,
            LEVEL,
            target,
            predicted,
            None,
            LossWeights(),
            slice(begin, begin + AUDIO_EXAMPLES),
        )
        optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        optimiser.step()
        if step in (0, STEPS - 1):
            codes, entries = codec.quantise(predicted.mean, LEVEL)
            code.append(float(terms["code"].detach()))
            mel.append(mel_distance(codec, entries, target))
    least = mel_distance(codec, target.entries, target)
    right = float((codes == target.codes).float().mean())
    assert code[1] < 0.15 * code[0]
    assert mel[1] - least < 0.15 * (mel[0] - least)
    assert right >= 0.9
