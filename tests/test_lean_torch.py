"""torch without what inference does not use: in a process of its own, for it cannot be undone."""

import subprocess
import sys
from importlib import metadata

import pytest
from project import ROOT

from d2m_cli.lean_torch import VERSIONS

LEAN = """
from d2m_cli.lean_torch import spare_imports
spare_imports()
import sys, torch
assert "torch._refs" not in sys.modules
print(torch.rand(3, generator=torch.Generator().manual_seed(1)).tolist())
class Double(torch.nn.Module):
    def forward(self, x):
        return torch.nn.functional.gelu(x) * 2
told = torch.export.export(Double(), (torch.ones(3),)).module()(torch.ones(3))
assert "torch._refs" in sys.modules
print(told.tolist(), torch.empty(2, 3, device="meta").sum(0).shape)
"""


@pytest.mark.skipif(
    not metadata.version("torch").startswith(VERSIONS), reason="this torch is imported whole"
)
def test_networks_run_and_whoever_asks_gets_the_rest() -> None:
    whole = LEAN.replace("spare_imports()\n", "").replace("assert", "#")
    lean, plain = (
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for code in (LEAN, whole)
    )
    assert lean == plain
    assert lean.count("[") == 3
