import numpy as np
import pytest
import torch

from d2m_cli.errors import InputError
from d2m_cli.features.i3d import BATCH, I3DExtractor, VisualSettings, square, to_clip
from d2m_cli.models.i3d import InceptionI3d

SETTINGS = VisualSettings(size=8, window=16, stride=8, frame_step=2, width=1 / 16)


def grey(value: int) -> np.ndarray:
    return np.full((8, 8, 3), value, np.uint8)


def first_and_last(windows: torch.Tensor) -> torch.Tensor:
    """Grey value of each window's first, middle and last picture."""
    means = (windows.mean(dim=(1, 3, 4)) + 1.0) * 127.5
    return means[:, [0, 8, 15]]


def test_windows_lie_where_their_vectors_say() -> None:
    encoder = I3DExtractor(SETTINGS, first_and_last)
    for number in range(200):
        encoder.add(grey(number))
    visual = encoder.visual()
    assert visual.rate == SETTINGS.rate == 30 / 16
    assert visual.features.shape == (3, 13)  # ceil(100 pictures / 8)
    first, middle, last = visual.features.round().astype(int)
    assert middle.tolist() == [16 * i for i in range(13)]  # frame i / rate * 30
    assert first[:3].tolist() == [0, 0, 16] and last[-2:].tolist() == [190, 198]


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 33, 480])
def test_every_length_gives_a_vector_for_each_stride(frames: int) -> None:
    encoder = I3DExtractor(SETTINGS, first_and_last)
    for _ in range(frames):
        encoder.add(grey(7))
    pictures = -(-frames // 2)
    assert encoder.visual().features.shape == (3, -(-pictures // 8))


def test_pictures_wait_for_a_network_that_is_still_loading() -> None:
    loaded, batches = False, []

    def network(windows: torch.Tensor) -> torch.Tensor:
        batches.append(len(windows))
        return first_and_last(windows)

    late = I3DExtractor(SETTINGS, network, lambda: loaded)
    early = I3DExtractor(SETTINGS, first_and_last)
    for number in range(1000):
        loaded = number > 700
        assert loaded or not batches
        for encoder in (late, early):
            encoder.add(grey(number % 256))
    late_visual, early_visual = late.visual(), early.visual()
    np.testing.assert_array_equal(late_visual.features, early_visual.features)
    assert set(batches[:-1]) == {BATCH}, "batches are those of a network that was there at once"


def test_memory_does_not_grow_with_the_clip() -> None:
    batches = []

    def network(windows: torch.Tensor) -> torch.Tensor:
        batches.append(len(windows))
        return first_and_last(windows)

    encoder = I3DExtractor(SETTINGS, network)
    held = []
    for _ in range(3000):
        encoder.add(grey(1))
        held.append(len(encoder._pictures))
    assert max(held) <= SETTINGS.window + BATCH * SETTINGS.stride
    assert set(batches) == {BATCH}


def test_frames_are_cropped_to_the_middle_and_scaled() -> None:
    frame = np.zeros((40, 100, 3), np.uint8)
    frame[:, 30:70] = (255, 128, 0)
    small = square(frame, 10)
    assert small.shape == (10, 10, 3) and (small == (255, 128, 0)).all()
    clip = to_clip(small[None, None])
    assert clip.shape == (1, 3, 1, 10, 10)
    assert clip[0, :, 0, 5, 5].tolist() == pytest.approx([1.0, 128 / 127.5 - 1, -1.0], abs=1e-6)


def test_the_real_network_gives_its_channels() -> None:
    settings = VisualSettings(size=64, width=1 / 16)
    network = InceptionI3d(width=settings.width).eval()
    with torch.inference_mode():
        encoder = I3DExtractor(settings, network.features)
        noise = np.random.default_rng(0)
        for _ in range(40):
            encoder.add(noise.integers(0, 255, (90, 120, 3), np.uint8))
        visual = encoder.visual()
    assert visual.features.shape == (settings.channels, 3) == (64, 3)
    assert np.isfinite(visual.features).all()
    assert np.ptp(visual.features, axis=1).max() > 0


def test_no_pictures_is_an_error() -> None:
    with pytest.raises(InputError):
        I3DExtractor(SETTINGS, first_and_last).visual()
