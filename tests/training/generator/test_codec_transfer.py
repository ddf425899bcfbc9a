import torch
from torch.testing import assert_close

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.models.vq_generator import GeneratorShape, VQGenerator
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, Level
from d2m_cli.training.generator.codec_transfer import LatentMap, fit_latent_map, transfer_weights


def rotation() -> torch.Tensor:
    torch.manual_seed(3)
    return torch.linalg.qr(torch.randn(CODE_DIM, CODE_DIM))[0]


def turned(vqvae: VQVAE, turn: torch.Tensor) -> VQVAE:
    """The same encoder with other numbers for the same latents."""
    other = VQVAE((Level.HIGH.number,))
    other.load_state_dict(vqvae.state_dict())
    last = other.encoders[str(Level.HIGH.number)].stages()[-1].mix
    with torch.no_grad():
        last.weight.copy_(torch.einsum("dc...,de->ec...", last.weight, turn))
        last.bias.copy_(last.bias @ turn)
    return other


def test_the_map_between_two_codecs_is_found() -> None:
    torch.manual_seed(0)
    vqvae, turn = VQVAE((Level.HIGH.number,)).eval(), rotation()
    other = turned(vqvae, turn).eval()
    waves = 0.3 * torch.randn(4, 128 * 256)
    found = fit_latent_map(vqvae, other, Level.HIGH, waves)
    fresh = 0.3 * torch.randn(1, 128 * 64)
    with torch.no_grad():
        old, new = (v.encode(fresh, Level.HIGH)[0].T for v in (vqvae, other))
    for given, wanted, by in ((old, new, found.forth), (new, old, found.back)):
        missed = (given @ by - wanted).var() / wanted.var()
        assert float(missed) < 0.02


def test_a_generator_says_the_same_of_the_turned_latents() -> None:
    torch.manual_seed(1)
    turn = rotation()
    settings = GeneratorShape(
        level=Level.HIGH,
        motion_channels=4,
        visual_channels=4,
        visual_rate=2.0,
        style_channels=0,
        width=0.05,
        style_features=4,
        predicts_std=True,
        drum_bands=3,
    )
    generator = VQGenerator(settings, 6).eval()
    state = {f"vq.{k}": v for k, v in generator.state_dict().items()}
    state["prior"] = torch.arange(float(CODEBOOK_SIZE))
    codebook = torch.randn(CODEBOOK_SIZE, CODE_DIM)
    moved = transfer_weights(state, LatentMap(turn, turn.T), codebook, codebook @ turn)
    assert torch.equal(moved.pop("prior"), state["prior"])
    other = VQGenerator(settings, 6).eval()
    other.load_state_dict({k.removeprefix("vq."): v for k, v in moved.items()})
    fused, style, sketch = torch.randn(1, 6, 20), torch.randn(1, 4), torch.randn(1, CODE_DIM, 80)
    with torch.no_grad():
        said = generator(fused, style, sketch).mean[0].T @ turn
        again = other(fused, style, _turned(sketch, turn))
    assert_close(again.mean[0].T, said, rtol=0.02, atol=0.02)


def _turned(latents: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    return (latents[0].T @ turn).T[None]
