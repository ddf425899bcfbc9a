"""Every measure can be imported from `d2m_cli.metrics`, which itself loads nothing heavy."""

import subprocess
import sys

import pytest

from d2m_cli import metrics


@pytest.mark.parametrize("name", metrics.__all__)
def test_every_name_is_there(name):
    assert getattr(metrics, name) is not None


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'beat_score'"):
        _ = metrics.beat_score


def test_importing_is_cheap():
    heavy = "[m for m in ('librosa', 'scipy', 'torch', 'mir_eval') if m in sys.modules]"
    code = f"import sys, d2m_cli.metrics; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
