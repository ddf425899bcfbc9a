"""`d2m train codes`: what the embedded generator makes of music that it is given as a sketch."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from synthetic_dances import make_dances
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.spec import CODEBOOK_SIZE, Level, code_count
from d2m_cli.training.codec.load import load_codec
from d2m_cli.training.synthesizer.generated_codes import CodesSettings, GeneratedCodes

LEVEL, SECONDS = Level.HIGH, 2.5


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("codes")
    cache, file = make_dances(folder / "cache", sketched=True), folder / "new/codes.safetensors"
    command = ["train", "codes", "--level", "high", "-o", file, "--pieces", 2]
    command += ["--seconds", SECONDS, "--device", "cpu", "--set", "pairs.max_unsteadiness=0.1"]
    command += ["--set", f"pairs.music={cache}", "--set", f"pairs.dances={cache}"]
    done = CliRunner().invoke(app, list(map(str, command)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return file


def test_codes_and_their_music_are_what_the_synthesizer_reads(file: Path) -> None:
    stored, length = load_file(file), code_count(SECONDS, LEVEL)
    for split, pieces in (("train", 2), ("validation", 1)):
        assert stored[split].shape == (pieces, length)
        assert stored[f"{split}_music"].shape == (pieces, length * LEVEL.hop)
        assert int(stored[split].max()) < CODEBOOK_SIZE
    generated = GeneratedCodes(CodesSettings(file, share=0.5), LEVEL, 100)
    codes, music = generated.draw([0, 1, 2], seed=0)
    assert codes.shape == (3, 100) and music.shape == (3, 100 * LEVEL.hop)


def test_the_codes_sound_like_their_music(file: Path) -> None:
    """The level over time of what they decode to correlates with that of their music."""
    stored = load_file(file)
    codec = load_codec(Path("embedded"), LEVEL)
    with torch.no_grad():
        entries = codec.codebook(LEVEL)[stored["train"].long()].transpose(1, 2)
        waves = codec.decode(entries, LEVEL)
    music = stored["train_music"].float() / 32768
    levels = [w.unfold(1, 1024, 1024).pow(2).mean(-1).sqrt() for w in (waves, music)]
    made, real = ((x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True) for x in levels)
    assert float((made * real).mean(1).min()) > 0.3
