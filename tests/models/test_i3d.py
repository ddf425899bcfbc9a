from pathlib import Path

import pytest
import torch
from torch.nn import functional

from d2m_cli.models.i3d import MIXED, InceptionI3d, SamePool3d, Unit3d

SLIM = 1 / 16


def test_the_full_network_has_the_public_number_of_parameters() -> None:
    with torch.device("meta"):
        whole, features = InceptionI3d(num_classes=400), InceptionI3d()
    assert sum(p.numel() for p in whole.parameters()) == 12_697_264
    assert sum(p.numel() for p in features.parameters()) == 12_697_264 - 1024 * 400 - 400


def test_keys_are_those_of_the_public_weights(tmp_path: Path) -> None:
    """Written out from pytorch-i3d's names; its old files have no `num_batches_tracked`."""
    units = ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3"]
    units += [f"{mixed}.{b}" for mixed in MIXED for b in ("b0", "b1a", "b1b", "b2a", "b2b", "b3b")]
    parts = ("conv3d.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
    keys = {f"{unit}.{part}" for unit in units for part in parts}
    keys |= {"logits.conv3d.weight", "logits.conv3d.bias"}
    network = InceptionI3d(num_classes=400, in_channels=2, width=SLIM)
    state = network.state_dict()
    assert {key for key in state if "num_batches" not in key} == keys
    shapes = InceptionI3d(num_classes=400).state_dict()
    assert shapes["Conv3d_1a_7x7.conv3d.weight"].shape == (64, 3, 7, 7, 7)
    assert shapes["Mixed_4e.b1b.conv3d.weight"].shape == (288, 144, 3, 3, 3)
    assert shapes["logits.conv3d.weight"].shape == (400, 1024, 1, 1, 1)

    old = {key: torch.rand_like(state[key]).contiguous() for key in keys}
    torch.save(old, tmp_path / "i3d.pt")
    loaded = torch.load(tmp_path / "i3d.pt", weights_only=True)
    network.load_state_dict(loaded, strict=True)
    assert torch.equal(network.Mixed_5c.b2b.bn.running_var, old["Mixed_5c.b2b.bn.running_var"])


def test_features_are_the_original_average_pool() -> None:
    torch.manual_seed(0)
    network = InceptionI3d(width=SLIM).eval()
    with torch.inference_mode():
        clip = torch.rand(1, 3, 16, 224, 224) * 2 - 1
        volume = network.volume(clip)
        assert volume.shape == (1, 64, 2, 7, 7)
        pooled = functional.avg_pool3d(volume, (2, 7, 7), stride=1).flatten(1)
        torch.testing.assert_close(network.features(clip), pooled)
        assert network.features(torch.rand(2, 3, 9, 112, 90)).shape == (2, 64)


def test_the_classifier_gives_a_score_per_step() -> None:
    network = InceptionI3d(num_classes=10, width=SLIM).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 3, 24, 224, 224)).shape == (1, 10, 2)
    with pytest.raises(ValueError, match="classifier"):
        InceptionI3d(width=SLIM)(torch.rand(1, 3, 16, 224, 224))


@pytest.mark.parametrize("size", [(16, 32, 32), (7, 15, 10), (1, 5, 9)])
@pytest.mark.parametrize("kernel", [1, 3, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_is_that_of_tensorflow(
    size: tuple[int, int, int], kernel: int, stride: int
) -> None:
    """Against zeros laid out by hand: output ceil(n / s), the odd zero behind."""
    x = torch.randn(1, 2, *size)
    unit = Unit3d(2, 4, kernel, stride, plain=True)
    padded = x
    for axis, n in enumerate(size):
        total = max(kernel - stride if n % stride == 0 else kernel - n % stride, 0)
        shape = list(padded.shape)
        front, back = list(shape), list(shape)
        front[axis + 2], back[axis + 2] = total // 2, total - total // 2
        padded = torch.cat([torch.zeros(front), padded, torch.zeros(back)], dim=axis + 2)
    expected = functional.conv3d(padded, unit.conv3d.weight, unit.conv3d.bias, stride)
    assert expected.shape[2:] == tuple(-(-n // stride) for n in size)
    torch.testing.assert_close(unit(x), expected, atol=1e-5, rtol=1e-5)


def test_pooling_pads_behind() -> None:
    line = torch.arange(1.0, 7.0).reshape(1, 1, 6, 1, 1)
    pool = SamePool3d((3, 1, 1), (2, 1, 1))
    assert pool(line).flatten().tolist() == [3, 5, 6]


def test_batch_norm_is_the_original_one() -> None:
    unit = Unit3d(1, 8, 1)
    assert unit.bn is not None
    assert unit.bn.eps == 0.001 and unit.bn.momentum == 0.01
    unit.eval()
    unit.bn.running_mean.fill_(0.5)
    unit.bn.running_var.fill_(0.25)
    x = torch.ones(1, 1, 2, 2, 2)
    weight = unit.conv3d.weight.flatten()
    expected = ((weight - 0.5) / (0.25 + 0.001) ** 0.5).relu()
    torch.testing.assert_close(unit(x)[0, :, 0, 0, 0], expected)


@pytest.mark.parametrize("width", [0.0, 0.3, -0.25])
def test_widths_that_do_not_scale_exactly_are_refused(width: float) -> None:
    with pytest.raises(ValueError, match="1/16"):
        InceptionI3d(width=width)
