"""The released networks: names, sizes and numbers of the authors' code."""

import authors
import numpy as np
import pytest
import torch

from d2m_cli.models.discriminator import one_channel
from d2m_cli.models.official import (
    Corpus,
    ReleasedGenerator,
    ReleasedMotionEncoder,
    released_discriminator,
)
from d2m_cli.spec import Level

MODULES = {
    "aist.motion_encoder": (lambda: ReleasedMotionEncoder(Corpus.AIST), 31_361_665),
    "aist.vqEncoder_high": (lambda: ReleasedGenerator(Corpus.AIST, Level.HIGH), 22_310_378),
    "aist.vqEncoder_low": (lambda: ReleasedGenerator(Corpus.AIST, Level.LOW), 108_694_092),
    "aist.Discriminator": (released_discriminator, 9_212_358),
    "tiktok.motion_encoder": (lambda: ReleasedMotionEncoder(Corpus.TIKTOK), 31_154_305),
    "tiktok.vqEncoder_high": (lambda: ReleasedGenerator(Corpus.TIKTOK, Level.HIGH), 21_780_970),
    "tiktok.vqEncoder_low": (lambda: ReleasedGenerator(Corpus.TIKTOK, Level.LOW), 101_873_740),
    "tiktok.Discriminator": (released_discriminator, 9_212_358),
}


@pytest.mark.parametrize("name", MODULES)
def test_parameter_counts_of_the_released_networks(name: str) -> None:
    build, count = MODULES[name]
    with torch.device("meta"):
        module = build()
    assert sum(p.numel() for p in module.parameters()) == count


@pytest.mark.parametrize("name", MODULES)
def test_keys_and_shapes_of_the_released_state_dicts(name: str) -> None:
    with torch.device("meta"):
        module = MODULES[name][0]()
    shapes = {key: list(value.shape) for key, value in module.state_dict().items()}
    assert shapes == authors.shapes(name)


@pytest.mark.parametrize(("corpus", "level", "codes"), [(Corpus.TIKTOK, Level.LOW, 1378)])
def test_low_tiktok_runs_on_pictures_alone(corpus: Corpus, level: Level, codes: int) -> None:
    with torch.device("meta"):
        latents = ReleasedGenerator(corpus, level)(torch.empty(1, 1, 2048))
    assert latents.shape == (1, 64, codes)


@torch.no_grad()
def test_discriminator_reproduces_the_authors_numbers() -> None:
    network = released_discriminator()
    network.load_state_dict(authors.state("aist.Discriminator"))
    recorded = authors.recorded("official_aist_high.npz")
    latents = torch.from_numpy(recorded["vqEncoder_high.out"])
    for scale, maps in enumerate(network(one_channel(latents) / 25)):
        np.testing.assert_allclose(maps[-1], recorded[f"disc_high.{scale}.logits"], atol=1e-4)
        stats = [[m.mean(), m.std(), m.abs().mean()] for m in maps[:-1]]
        np.testing.assert_allclose(stats, recorded[f"disc_high.{scale}.feat_stats"], rtol=1e-4)
        for found, wanted in zip(maps, recorded[f"disc_high.{scale}.feat_first64"], strict=False):
            first = found[:, 0, :64]
            np.testing.assert_allclose(first, wanted[:, : first.shape[1]], atol=1e-4)
