import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from project import ROOT
from rich.console import Console
from synthetic_dances import make_dances, write_generator_recipe
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.evaluation.ablation import TABLES, AblationPlan, held_out, run_rows, table_rows
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.models.generator import Conditions, Generator, GeneratorShape
from d2m_cli.report.ablation import ablation_record, ablation_tables
from d2m_cli.report.paper import ABLATIONS
from d2m_cli.report.table_data import rich_table
from d2m_cli.spec import Level
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.run.launch import ComputeSettings, make_fabric
from d2m_cli.training.run.settings import SettingsError, fill, read_settings

RECIPES = ROOT / "d2m_cli/recipes/ablations"
LEVELS = {Level.HIGH: "High", Level.LOW: "Low"}


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base recipe with the project's own two rows of table 4."""
    folder = tmp_path_factory.mktemp("recipes")
    write_generator_recipe(folder / "base_high.toml", make_dances(folder / "cache"))
    for name in ("without_motion.toml", "without_visual.toml"):
        (folder / name).write_text((RECIPES / name).read_text())
    return folder


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("table", TABLES)
def test_shipped_recipes_give_every_row_of_the_paper(table: str, level: Level) -> None:
    rows = table_rows(table, level, RECIPES)
    wanted = [n for n in ABLATIONS[TABLES[table]][1] if n.startswith(LEVELS[level])]
    assert [row.name for row in rows] == wanted
    settings = {row.name: fill(GeneratorConfig, row.content, row.name) for row in rows}
    assert len(set(map(repr, settings.values()))) == len(rows), "two rows are the same model"


def test_each_row_changes_what_its_name_says() -> None:
    level = Level.LOW
    rows = {row.name: row for table in TABLES for row in table_rows(table, level, RECIPES)}
    made = {name: fill(GeneratorConfig, row.content, name) for name, row in rows.items()}
    full = made["Low (full)"]
    assert full.losses.mel == 15.0
    assert full.losses.wave == 40.0
    assert made["Low - 2s"] == full
    assert made["Low - 3s"].seconds == 3.0
    assert made["Low w/o M"].pairs.no_motion == 1.0
    assert made["Low w/o M"].pairs.no_rhythm == 1.0
    assert made["Low w/o V"].pairs.no_visual == 1.0
    assert [made[f"Low {n}-layer D."].discriminator.scales for n in (1, 2)] == [1, 2]
    assert made["Low w/o scaling"].sizes.sigma == 1.0
    assert not made["Low w/o reshape"].discriminator.reshape
    assert made["Low w/o fine-tune"].codec == Path("embedded")
    assert made["Low w/o L_FM"].losses.feature_matching == 0.0
    assert made["Low w/o L_wav"].losses.wave == 0.0
    assert made["Low w/o L_mel"].losses.mel == 0.0


def test_overrides_do_not_undo_a_row() -> None:
    rows = table_rows("table5", Level.LOW, RECIPES, ["codec=own.safetensors", "batch=2"])
    contents = {row.name: row.content for row in rows}
    assert contents["Low (full)"]["codec"] == "own.safetensors"
    assert contents["Low w/o fine-tune"]["codec"] == "embedded"
    assert {content["batch"] for content in contents.values()} == {2}


def test_sigma_bounds_the_latents() -> None:
    torch.manual_seed(0)
    sizes = {"width": 0.01, "min_channels": 8, "motion_width": 0.01, "features": 8, "sigma": 1.0}
    generator = Generator(
        GeneratorShape(
            level=Level.HIGH,
            motion_channels=4,
            visual_channels=4,
            visual_rate=2.0,
            style_channels=3,
            **sizes,
        )
    )
    given = Conditions(
        10 * torch.randn(1, 4, 10),
        torch.randn(1, 4, 2),
        torch.arange(10.0, dtype=torch.float64)[None] / 15,
        torch.ones(1, 10),
        torch.randn(1, 8, 10),
        torch.randn(1, 3),
    )
    for parameter in generator.vq.last.parameters():
        parameter.data *= 100
    mean = generator(given, 40).mean.detach()
    assert 0.9 < float(mean.abs().max()) <= 1.0


def test_without_reshape_windows_span_channels() -> None:
    latents = torch.randn(2, 64, 344)
    reshaped = MultiScaleDiscriminator((8, 16, 16, 16), scales=1)(latents)
    beside = MultiScaleDiscriminator((8, 16, 16, 16), scales=1, channels_in=64)(latents)
    assert reshaped[0][0].shape == (2, 8, 64 * 344)
    assert beside[0][0].shape == (2, 8, 344)


def test_hidden_motion_hides_the_beat_and_nothing_else(recipes: Path) -> None:
    settings = read_settings(recipes / "base_high.toml", GeneratorConfig)
    rows = {row.name: row for row in table_rows("table4", Level.HIGH, recipes)}
    blind = fill(GeneratorConfig, rows["High w/o M"].content, "")
    drawn = [held_out(s, "validation").draw(range(3)) for s in (settings, blind)]
    shown, hidden = (batch.conditions for batch in drawn)
    assert np.abs(shown.motion).sum(axis=(1, 2)).min() > 0, "a share below 1 hides nothing here"
    assert not hidden.motion.any()
    assert not hidden.confidence.any()
    assert np.ptp(hidden.phase, axis=0).max() == 0, "the clock knows nothing of the dance"
    assert np.ptp(shown.phase, axis=0).max() > 0
    np.testing.assert_array_equal(*(batch.audio for batch in drawn))


def test_table_in_small_is_trained_measured_printed_and_not_repeated(
    recipes: Path, tmp_path: Path
) -> None:
    command = ["train", "ablation", "table4", "--recipes", str(recipes), "--seeds", "1"]
    command += ["--steps", "1", "--split", "validation", "--segments", "2", "-o", str(tmp_path)]
    made = CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False)
    assert made.exit_code == 0
    (table,) = json.loads(made.stdout)["tables"]
    rows = {row["name"]: row for row in table["rows"]}
    assert list(rows) == ["High w/o M", "High w/o V", "High (full)"]
    assert rows["High (full)"]["paper"] == {"coverage": 88.2, "hit": 84.7, "genre_accuracy": 24.4}
    assert rows["High (full)"]["mean"] != rows["High w/o M"]["mean"]
    assert 0 <= rows["High (full)"]["mean"]["hit"] <= 1
    assert not list(tmp_path.rglob("*.ckpt"))

    for scores in tmp_path.rglob("scores.json"):
        record = json.loads(scores.read_text())
        record["figures"]["hit"] = 0.123
        scores.write_text(json.dumps(record))
    again = CliRunner().invoke(app, command, catch_exceptions=False, env={"COLUMNS": "160"})
    assert "Table 4" in again.stdout
    assert "84.7" in again.stdout
    assert again.stdout.count("12.3") == 3, "finished runs are read, not repeated"

    (row, *_) = table_rows("table4", Level.HIGH, recipes, ["loop.steps=3"])
    plan = AblationPlan(1, split="validation", segments=2)
    with pytest.raises(SettingsError, match="other settings"):
        run_rows([row], plan, tmp_path / "high", make_fabric(ComputeSettings("cpu")))


def test_intervals_are_over_seeds() -> None:
    seeds = [{"coverage": c, "hit": 0.5, "lift": 0.1, "mel": 1.0} for c in (0.7, 0.8, 0.9)]
    record = ablation_record("Table 6", "high", {"High w/o L_FM": seeds})
    (row,) = record["rows"]
    assert row["mean"]["coverage"] == pytest.approx(0.8)
    assert row["margin"]["coverage"] == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)
    beside, apart = ablation_tables(record)
    assert beside.rows[0][:3] == ["High w/o L_FM", "85.3", "80.0 ± 24.8"]
    assert apart.rows[0][:3] == ["High w/o L_FM", "0.100 ± 0.000", "1.000 ± 0.000"]


def test_no_word_of_the_tables_breaks_at_80_columns() -> None:
    names = ("coverage", "hit", "lift", "mel", "codes_used")
    seeds = [dict.fromkeys(names, figure) for figure in (0.1, 1.0, 1.0)]
    for title, (_, rows) in list(ABLATIONS.items())[1:]:
        for table in ablation_tables(ablation_record(title, "high", dict.fromkeys(rows, seeds))):
            console = Console(width=80, file=io.StringIO())
            console.print(rich_table(table))
            assert isinstance(console.file, io.StringIO)
            shown = console.file.getvalue().split()
            texts = [*table.columns, *(cell for cells in table.rows for cell in cells)]
            assert not {word for text in texts for word in text.split()} - set(shown)


def test_mistakes_are_named(recipes: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Unknown table 'table9'"):
        table_rows("table9", Level.HIGH, recipes)
    with pytest.raises(SettingsError, match=r'no recipe with row = "- 3s"'):
        table_rows("table3", Level.HIGH, recipes)
    with pytest.raises(SettingsError, match=r"base_low\.toml"):
        table_rows("table4", Level.LOW, recipes)
