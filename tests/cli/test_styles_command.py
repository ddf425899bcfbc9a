"""d2m styles as people run it."""

import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner, Result

from d2m_cli.cli.app import app
from d2m_cli.errors import BundleError, OutputError


def d2m(*words: object) -> Result:
    return CliRunner().invoke(app, ["styles", *map(str, words)], env={"COLUMNS": "120"})


def test_every_style_has_a_tempo_and_a_few_words() -> None:
    known = json.loads(d2m("--json").stdout)
    assert {"rock", "pop", "chiptune"} <= known.keys()
    shown = d2m().stdout
    for name, entry in known.items():
        slow, fast = entry["tempo"]
        assert 40 < slow < fast < 240
        assert name in shown and entry["sound"] in shown


def test_a_sample_of_chosen_styles_is_written(tmp_path: Path) -> None:
    out = tmp_path / "styles.wav"
    result = d2m("--play", out, "--style", "Rock", "--json")
    assert result.exit_code == 0, result.output
    assert list(json.loads(result.stdout)) == ["rock"]
    samples, rate = soundfile.read(out)
    assert len(samples) / rate == pytest.approx(6.5, abs=0.1)
    assert abs(samples).max() > 0.1
    assert isinstance(d2m("--play", out).exception, OutputError)


def test_wrong_words() -> None:
    assert isinstance(d2m("--style", "polka").exception, BundleError)
    assert isinstance(d2m("--play", "styles.xyz").exception, OutputError)
