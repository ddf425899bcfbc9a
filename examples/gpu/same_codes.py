"""Do a CPU and a GPU draw the same codes of one seed, with TF32 and without it?

python examples/gpu/same_codes.py BUNDLE
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from d2m_cli.bundles.packing import unpacked
from d2m_cli.codec.codebook import code_logits, draw_codes
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape
from d2m_cli.spec import Level


@torch.inference_mode()
def codes(folder: Path, level: Level, device: str) -> torch.Tensor:
    """Codes of eight seconds of an invented dance."""
    shape = json.loads((folder / "bundle.json").read_text())["settings"]["generators"][level.value]
    generator = Generator(GeneratorShape(**{**shape, "level": level}))
    state = load_file(folder / f"generator_{level}.safetensors")
    generator.load_state_dict({k: v.float() for k, v in state.items()})
    vqvae = VQVAE((level.number,))
    vqvae.load_state_dict(unpacked(load_file(folder / f"codec_{level}.safetensors")))
    generator.to(device), vqvae.to(device)
    torch.manual_seed(0)
    seconds, count = 8, round(8 * level.code_rate) // 4 * 4
    steps = torch.arange(30 * seconds)
    time = torch.arange(count * level.hop) / 22050
    wave = sum(0.1 * (6.2832 * hertz * time).sin() for hertz in (110.0, 330.0, 440.0, 1320.0))
    given = Conditions(
        torch.randn(1, 53, 30 * seconds), torch.randn(1, 256, 16), steps[None] / 15.0,
        torch.ones(1, 30 * seconds), torch.randn(1, 8, 20 * seconds + 2), torch.randn(1, 152) * 0.3,
        torch.rand(1, 3, 86 * seconds + 9),
    )  # fmt: skip
    given = Conditions(*(part.to(device) for part in given))
    sketch = vqvae.encode((wave * torch.rand(1))[None].to(device), level)
    said = generator(given, count, sketch)
    logits = code_logits(said.mean, said.std, vqvae.codebook(level), generator.prior)
    return draw_codes(logits, torch.Generator().manual_seed(3)).cpu()


for level in Level:
    expected = codes(Path(sys.argv[1]), level, "cpu")
    for tf32 in (True, False):
        torch.backends.cudnn.allow_tf32 = tf32
        found = codes(Path(sys.argv[1]), level, "cuda" if torch.cuda.is_available() else "cpu")
        share = float((found == expected).float().mean())
        print(f"{level}: TF32 {tf32}: {100 * share:.2f} % of {expected.numel()} codes equal")
