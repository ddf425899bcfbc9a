"""VGGish has the published shape, and its front end the published mel scale."""

import numpy as np
import pytest
import torch

from d2m_cli.models.vggish import BANDS, EXAMPLE, VGGish, log_mel_examples, mel_weights
from d2m_cli.spec import SAMPLE_RATE

PUBLISHED = {
    "features.0": (64, 1, 3, 3),
    "features.3": (128, 64, 3, 3),
    "features.6": (256, 128, 3, 3),
    "features.8": (256, 256, 3, 3),
    "features.11": (512, 256, 3, 3),
    "features.13": (512, 512, 3, 3),
    "embeddings.0": (4096, 12288),
    "embeddings.2": (4096, 4096),
    "embeddings.4": (128, 4096),
}
"""Weights of the public port; every layer has a bias besides."""


def test_names_shapes_and_parameter_count():
    with torch.device("meta"):
        state = VGGish().state_dict()
    expected = {f"{name}.weight": shape for name, shape in PUBLISHED.items()}
    expected |= {f"{name}.bias": shape[:1] for name, shape in PUBLISHED.items()}
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == expected
    assert sum(tensor.numel() for tensor in state.values()) == 72_141_184


@pytest.mark.parametrize(("seconds", "examples"), [(0.3, 1), (0.99, 1), (2.0, 2), (10.0, 10)])
def test_one_example_per_096_seconds(seconds, examples):
    sound = np.random.default_rng(0).standard_normal(int(seconds * SAMPLE_RATE)).astype("f4")
    assert log_mel_examples(sound).shape == (examples, EXAMPLE, BANDS)


@pytest.mark.parametrize("hertz", [220.0, 1000.0, 4000.0])
def test_a_tone_lies_in_its_band(hertz):
    tone = np.sin(2 * np.pi * hertz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype("f4")
    band = int(log_mel_examples(tone)[0].mean(axis=0).argmax())
    edges = 1127 * np.log1p(np.array([125.0, 7500.0]) / 700)
    place = (1127 * np.log1p(hertz / 700) - edges[0]) / (edges[1] - edges[0]) * (BANDS + 1) - 1
    assert abs(band - place) <= 1.0


def test_silence_is_the_published_floor():
    silence = log_mel_examples(np.zeros(SAMPLE_RATE, np.float32))
    np.testing.assert_allclose(silence, np.log(0.01), rtol=1e-6)


def test_triangles_peak_at_one_and_skip_dc():
    weights = mel_weights()
    assert weights.shape == (257, 64) and weights.max() <= 1.0
    assert not weights[0].any() and not weights[-1].any()
    assert (weights[:, 20:].max(axis=0) > 0.7).all()


def test_embeddings_depend_on_the_sound_and_keep_the_channels_last():
    torch.manual_seed(0)
    network = VGGish().eval()
    low, high = (
        np.sin(2 * np.pi * f * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE).astype("f4")
        for f in (200, 2000)
    )
    embedded = network.embed(low)
    assert embedded.shape == (2, 128) and np.isfinite(embedded).all()
    assert not np.allclose(embedded, network.embed(high))
    examples = torch.from_numpy(log_mel_examples(low))
    with torch.inference_mode():
        maps = network.features(examples[:, None])
        first = torch.stack([m.permute(1, 2, 0).reshape(-1) for m in maps])
        by_hand = network.embeddings(first).numpy()
    np.testing.assert_allclose(embedded, by_hand, atol=1e-6)
