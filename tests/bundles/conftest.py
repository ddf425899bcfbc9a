from collections.abc import Iterator
from pathlib import Path

import pytest
from weights_server import WeightsServer, serving


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Downloads, acceptances and bundles of a test stay in its own folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("D2M_HOME", str(folder))
    monkeypatch.delenv("D2M_MIRROR", raising=False)
    return folder
