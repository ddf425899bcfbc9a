"""`styles.toml`: every style of a bundle is described, and nothing is assumed in silence."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
import torch
from project import ROOT
from safetensors.torch import load_file, save_file

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.bundles.styles import FILE, read_styles, style_entry, styles_toml, usual_table
from d2m_cli.errors import BundleError

WEIGHTS = ROOT / "weights"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for name in ("styles.safetensors", FILE):
        shutil.copy(WEIGHTS / name, tmp_path)
    return tmp_path


@pytest.fixture
def bare(bundle: Path) -> Path:
    """A bundle whose styles have none of the rules that may be left out."""
    shutil.copy(ROOT / "d2m_cli/bundles/format1_styles.toml", bundle / FILE)
    described = tomllib.loads((bundle / FILE).read_text())
    vectors = load_file(bundle / "styles.safetensors")
    save_file({name: vectors[name] for name in described}, bundle / "styles.safetensors")
    return bundle


def change(bundle: Path, old: str, new: str) -> None:
    text = (bundle / FILE).read_text()
    assert old in text
    (bundle / FILE).write_text(text.replace(old, new, 1))


def test_the_embedded_styles_are_described() -> None:
    styles = read_styles()
    assert list(styles) == sorted(load_file(WEIGHTS / "styles.safetensors"))
    assert styles["ambient"].rules.drums == 0.4
    assert all(entry.sound and 60 < entry.tempo[0] < entry.tempo[1] for entry in styles.values())


def test_what_is_written_is_read(bundle: Path) -> None:
    styles = read_styles(bundle)
    styles["drum & bass"] = style_entry("drum & bass", usual_table('a "fast" one', 160, 180), "")
    vectors = load_file(bundle / "styles.safetensors")
    save_file({**vectors, "drum & bass": torch.ones(1, 152)}, bundle / "styles.safetensors")
    (bundle / FILE).write_text(styles_toml(styles))
    assert read_styles(bundle) == dict(sorted(styles.items()))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[rock]", "[rocks]", "does not describe the style 'rock'"),
        ("[ambient]", "[polka]\n[ambient]", "'polka', of which the bundle has no vectors"),
        ("drums = 0.4\n", "", r"style 'ambient': the rule 'drums' is missing"),
        ("drums = 0.4\n", "drums = 0.4\nsnares = 1\n", "the rule 'snares' is unknown"),
        ("drums = 0.4\n", 'drums = "loud"\n', "'drums' must be a number"),
        ('"dorian"', '"blues"', "'scales' must list some of minor, major, dorian"),
        ("tempo = [110.0, 141.0]", "tempo = [141.0, 110.0]", "slowest and the fastest"),
        ("141.0]", "]", "'tempo' must be 2 numbers"),
        ("[ambient]", "[ambient", "not valid TOML"),
        ("[ambient]", "[ambient]\nmeter = 5", "'meter' must be one of 3, 4"),
        ("[ambient]", "[ambient]\nmeter = 3", "a meter of 3 needs patterns of its own"),
        ("[ambient]", "[ambient]\nswing = 0.9", "'swing' must be a number from 0.5 to 0.75"),
        ("[ambient]", '[ambient]\nmelodies = ["x..x"]', "must have 16 signs a bar"),
        ("[ambient]", '[ambient]\ngroove = {gong = ["x"]}', "patterns of some of kick"),
        ("[ambient]", '[ambient]\nfills = ["gong"]', "'fills' must list some of none"),
        ("[ambient]", "[ambient]\nvoicings = [[0, 99]]", "lists of steps of the scale"),
    ],
)
def test_a_wrong_description_is_refused(bare: Path, old: str, new: str, message: str) -> None:
    change(bare, old, new)
    with pytest.raises(BundleError, match=message):
        read_styles(bare)


def test_a_bundle_of_format_1_has_the_rules_of_its_time(bare: Path) -> None:
    described = read_styles(bare)
    (bare / FILE).unlink()
    vectors = load_file(bare / "styles.safetensors")
    of_its_time = {name: rows for name, rows in vectors.items() if name in ("rock", "pop")}
    save_file(of_its_time, bare / "styles.safetensors")
    assert read_styles(bare)["rock"].rules == described["rock"].rules
    save_file({**of_its_time, "salsa": torch.ones(1, 152)}, bare / "styles.safetensors")
    with pytest.raises(BundleError, match="no rules for its style 'salsa': add the file"):
        read_styles(bare)


def test_a_changed_description_damages_the_bundle(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(WEIGHTS, folder)
    assert json.loads((folder / "bundle.json").read_text())["files"][FILE]["bytes"] > 0
    change(folder, "drums = 0.4", "drums = 0.5")
    with pytest.raises(BundleError, match=r"styles\.toml' is damaged"):
        load_bundle(folder)
