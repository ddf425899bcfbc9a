import pytest
import torch

from d2m_cli.bundles.bundle import load_bundle, save_bundle
from d2m_cli.bundles.packing import SCALE, packed, unpacked


def test_rows_come_back_within_half_a_step() -> None:
    torch.manual_seed(0)
    weight = torch.randn(64, 32, 3) * torch.logspace(-4, 2, 64)[:, None, None]
    kept = packed({"a.weight": weight, "b.weight": weight, "a.bias": torch.ones(64)}, "a.")
    assert kept["a.weight"].dtype == torch.int8 and kept["b.weight"] is weight
    back = unpacked(kept)
    assert back.keys() == {"a.weight", "b.weight", "a.bias"}
    largest = weight.abs().amax((1, 2))
    apart = (back["a.weight"] - weight).abs().amax((1, 2)) / largest
    assert float(apart.max()) < 0.51 / 127 + 1e-3


def test_a_bundle_gives_back_what_was_packed(tmp_path) -> None:
    torch.manual_seed(0)
    linear = torch.nn.Linear(96, 64)
    config = {"name": "x", "licence": "CC0", "architecture": "d2m", "settings": {}}
    bundle = save_bundle(tmp_path / "x", config, {"n.safetensors": packed(linear.state_dict(), "")})
    other = torch.nn.Linear(96, 64)
    load_bundle(bundle.folder).load_into(other, "n.safetensors")
    assert torch.allclose(other.weight, linear.weight, atol=1e-3)
    assert not torch.equal(other.weight, linear.weight)


@pytest.mark.parametrize("scale", [torch.ones(3), torch.ones(64, 2)])
def test_a_scale_that_does_not_fit_is_left(scale: torch.Tensor) -> None:
    state = {"a": torch.ones(64, 96, dtype=torch.int8), "a" + SCALE: scale}
    assert unpacked(state).keys() == state.keys()
