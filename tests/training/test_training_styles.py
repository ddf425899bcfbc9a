"""What an export says of its styles: measured where music can tell, chosen where people must."""

from pathlib import Path

import pytest
from synthetic_dances import make_dances

from d2m_cli.errors import BundleError
from d2m_cli.sketch.rules import DORIAN, StyleRules
from d2m_cli.training.styles import collect_styles, describe_styles


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dances(tmp_path_factory.mktemp("music") / "cache", sketched=True)


def test_chosen_rules_are_kept_and_figures_are_measured(cache: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "styles.toml"
    chosen.write_text(
        '[made]\nsound = "clicks"\nscales = ["dorian"]\ndrums = 0.3\ntempo = [1.0, 2.0]\n'
    )
    entry = describe_styles(cache, {}, chosen=chosen)["made"]
    assert describe_styles(cache, {}, chosen=chosen).keys() == collect_styles(cache, {}).keys()
    assert entry.sound == "clicks" and entry.rules.scales == (DORIAN,)
    assert (entry.rules.drums, entry.rules.melody) == (0.3, StyleRules().melody)
    assert 60.0 < entry.tempo[0] <= entry.tempo[1] < 200.0, "measured, not chosen"


def test_an_unknown_rule_is_refused(cache: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "styles.toml"
    chosen.write_text("[made]\nsnares = 1.0\n")
    with pytest.raises(BundleError, match="the rule 'snares' is unknown"):
        describe_styles(cache, {}, chosen=chosen)
