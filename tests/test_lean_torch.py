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
"""
WHOLE = {
    "exporter": "torch.export.export(torch.nn.GELU(), (torch.ones(3),)).module()(torch.ones(3))",
    "compiler": "__import__('torch._dynamo')._dynamo.explain(torch.sin)(torch.ones(2)).graph_count",
    "meta": "torch._meta_registrations.torch.empty(2, 3, device='meta').sum(0).shape",
}


@pytest.mark.skipif(
    not metadata.version("torch").startswith(VERSIONS), reason="this torch is imported whole"
)
@pytest.mark.parametrize("asked", WHOLE)
def test_networks_run_and_whoever_asks_gets_the_rest(asked: str) -> None:
    code = f"{LEAN}print({WHOLE[asked]})\nassert 'torch._refs' in sys.modules"
    plain = code.replace("spare_imports()\n", "").replace("assert", "#", 1)
    told = [
        subprocess.run(
            [sys.executable, "-c", each], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for each in (code, plain)
    ]
    assert told[0] == told[1]
    assert len(told[0].splitlines()) == 2
