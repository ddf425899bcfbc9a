"""What the generator is given in training, from the arrays of a batch."""

from pathlib import Path

import torch
from lightning.fabric import Fabric
from synthetic_dances import make_dances, write_generator_recipe

from d2m_cli.data.pairs.examples import ConditionArrays
from d2m_cli.models.generator import Conditions
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.run.settings import read_settings


def test_arrays_and_tensors_have_the_same_names() -> None:
    assert ConditionArrays._fields == Conditions._fields


def test_a_generator_of_dances_without_pictures_ignores_them(tmp_path: Path) -> None:
    recipe = write_generator_recipe(tmp_path / "generator.toml", make_dances(tmp_path / "dances"))
    settings = read_settings(recipe, GeneratorConfig)
    stage = GeneratorStage(settings, Fabric(accelerator="cpu", devices=1))
    for number in range(2):
        batch = stage.draw(number)
        assert not batch.conditions.visual.any()
        stage.step(batch, number, number / 2)
    random = torch.Generator().manual_seed(0)
    shape = (2, settings.visual.channels, 1)
    none, some = torch.zeros(shape), 5 * torch.randn(shape, generator=random)
    visual = stage.plain.visual
    with torch.no_grad():
        assert torch.equal(visual(none), visual(some))
        visual[0].weight_g.fill_(1.0)
        assert not torch.allclose(visual(none), visual(some)), "the input would count"
