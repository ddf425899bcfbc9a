"""Every metric module lists its metrics and shows one of them at work."""

import doctest
import re
from importlib import import_module

import pytest
from project import ROOT

MODULES = sorted(
    path.stem for path in (ROOT / "d2m_cli/metrics").glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstring_run(name: str) -> None:
    module = import_module(f"d2m_cli.metrics.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_the_list_of_metrics_names_functions_that_exist(name: str) -> None:
    module = import_module(f"d2m_cli.metrics.{name}")
    listed = module.__doc__.split("Metrics\n-------\n")[1].split(">>>")[0]
    names = [n for line in listed.splitlines() for n in re.findall(r"`(\w+)`", line.split(":")[0])]
    assert names and all(callable(getattr(module, n)) for n in names)
