"""The codec of one level of a bundle."""

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import Level


def load_codec(bundle: Bundle, level: Level) -> VQVAE:
    """Encoder, codebook, decoder and, where the bundle has one, refiner of a level.

    Raises `BundleError` when the bundle lacks the level or its file does not fit.
    """
    file = f"codec_{level}.safetensors"
    vqvae = VQVAE.fitting(bundle.tensors(file), level)
    bundle.load_into(vqvae, file)
    return vqvae
