import pytest
import torch
from synthetic_music import sound

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import Level
from d2m_cli.training.codec.trainable import CodecNet
from d2m_cli.training.codec.wavelet_init import analyse, synthesise, wavelet_start


def music() -> torch.Tensor:
    crops = [torch.from_numpy(sound(seed))[:32768].float() for seed in range(4)]
    return torch.stack(crops)


def started(level: Level, first_stage: int) -> CodecNet:
    torch.manual_seed(0)
    net = CodecNet(VQVAE((level.number,)), level, first_stage)
    wavelet_start(net.encoder, net.decoder, music(), first_stage, exponent=0.5)
    return net


def signal_to_error(wave: torch.Tensor, other: torch.Tensor) -> float:
    inner = slice(2048, -2048)
    error = (wave - other)[:, inner].pow(2).mean()
    return float(10 * torch.log10(wave[:, inner].pow(2).mean() / error))


@torch.no_grad()
def test_wavelet_packets_are_inverted() -> None:
    wave = music()[:, None, None]
    bands = analyse(wave, 5)
    assert bands.shape == (4, 32, 1, 1024)
    assert signal_to_error(wave[:, 0, 0], synthesise(bands, 5)[:, 0, 0]) > 100


@pytest.mark.parametrize(("level", "at_least"), [(Level.LOW, 90.0), (Level.HIGH, 5.0)])
@torch.no_grad()
def test_start_reconstructs_without_training(level: Level, at_least: float) -> None:
    net = started(level, first_stage=3)
    latents = net.encode(music())
    assert latents[:, :, 8:-8].pow(2).sum(1).mean() == pytest.approx(32.0, rel=0.2)
    assert signal_to_error(music(), net.decode(latents)) > at_least


@pytest.mark.parametrize("level", Level)
@torch.no_grad()
def test_frozen_stages_are_exactly_the_whole_network(level: Level) -> None:
    """However training changes the inner stages, leaving out the outer ones changes nothing."""
    net = started(level, first_stage=3)
    trained = net.encoder.stages()[3:] + net.decoder.stages()[:-3]
    for stage in trained:
        for parameter in stage.residual.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
    whole = CodecNet(VQVAE((level.number,)), level, first_stage=0)
    whole.load_state_dict(net.state_dict())
    latents = net.encode(music())
    torch.testing.assert_close(whole.encode(music()), latents, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(whole.decode(latents), net.decode(latents), atol=1e-4, rtol=1e-4)
