"""download-weights, convert-weights and doctor as a user meets them, against a real server."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import authors
import pytest
import torch
from typer.testing import CliRunner, Result
from weights_server import WeightsServer, serving

from d2m_cli.bundles.convert import RECIPES
from d2m_cli.bundles.places import CONVERTED, embedded_folder
from d2m_cli.cli.app import app
from d2m_cli.errors import BundleError, DownloadError


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: WeightsServer) -> Path:
    monkeypatch.setenv("D2M_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("D2M_MIRROR", server.url("/weights"))
    return tmp_path / "home"


def d2m(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_list_names_everything_with_size_and_licence() -> None:
    shown = d2m("download-weights", "--list").output
    for expected in ("jukebox", "50.9 MB", "about 435 MB", "aist-generator-low", "missing"):
        assert expected in shown
    assert "commercially" in shown


def test_unknown_names_are_refused() -> None:
    assert isinstance(d2m("download-weights", "nonsense").exception, DownloadError)


def test_jukebox_needs_its_licence_accepted_once(server: WeightsServer, home: Path) -> None:
    server.files["/weights/jukebox/vqvae.pth.tar"] = b"weights"
    refused = d2m("download-weights", "jukebox")
    assert "commercially" in str(refused.exception)
    assert server.requests == []

    assert d2m("download-weights", "jukebox", "--accept-license", "jukebox").exit_code == 0
    assert (home / "downloads/jukebox/vqvae.pth.tar").read_bytes() == b"weights"

    shutil.rmtree(home / "downloads")
    assert d2m("download-weights", "jukebox").exit_code == 0


def test_present_files_work_offline(server: WeightsServer, home: Path) -> None:
    server.files["/weights/i3d-flow/flow_imagenet.pt"] = b"weights"
    assert d2m("download-weights", "i3d-flow").exit_code == 0
    server.files.clear()
    assert d2m("download-weights", "i3d-flow").exit_code == 0
    assert len(server.requests) == 1


def test_verify_finds_damage(server: WeightsServer, home: Path) -> None:
    server.files["/weights/i3d-flow/flow_imagenet.pt"] = b"weights"
    d2m("download-weights", "i3d-flow")
    assert "verified" in d2m("download-weights", "i3d-flow", "--verify").output

    (home / "downloads/i3d-flow/flow_imagenet.pt").write_bytes(b"weight5")
    damaged = d2m("download-weights", "--verify")
    assert "damaged" in damaged.output
    assert damaged.exit_code == 1


def test_mirror_may_stand_in_the_config_file(
    server: WeightsServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("D2M_MIRROR")
    home.mkdir()
    (home / "config.toml").write_text(f'mirror = "{server.url("/config")}"\n')
    server.files["/config/i3d-flow/flow_imagenet.pt"] = b"weights"
    assert d2m("download-weights", "i3d-flow").exit_code == 0


def test_convert_takes_the_download_and_doctor_sees_the_bundle(home: Path) -> None:
    download = home / "downloads/jukebox/vqvae.pth.tar"
    download.parent.mkdir(parents=True)
    torch.save(authors.jukebox_state(), download)

    converted = d2m("convert-weights", "jukebox")
    assert converted.exit_code == 0
    assert "--bundle jukebox" in converted.output

    record = json.loads(d2m("doctor", "--json").output)
    assert record["bundles"]["jukebox"] == "verified"
    assert record["weights"]["jukebox"]["state"] == "verified"
    assert record["ffmpeg"]["version"].startswith("ffmpeg version")
    assert record["free_bytes"] > 0

    weights = next((home / "bundles/jukebox").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "damaged" in json.loads(d2m("doctor", "--json").output)["bundles"]["jukebox"]


def test_convert_says_what_to_download() -> None:
    missing = d2m("convert-weights", "aist-official").exception
    assert isinstance(missing, BundleError)
    assert "download-weights aist-motion-high aist-generator-high aist-codec-high" in str(missing)


def test_a_damaged_download_is_not_converted(server: WeightsServer, home: Path) -> None:
    server.files["/weights/vggish/vggish-10086976.pth"] = b"not VGGish"
    refused = d2m("download-weights", "vggish").exception
    assert isinstance(refused, DownloadError) and "SHA-256" in str(refused)
    put_by_hand = home / "downloads/vggish/vggish-10086976.pth"
    put_by_hand.write_bytes(b"not VGGish")
    damaged = d2m("convert-weights", "vggish").exception
    assert isinstance(damaged, BundleError) and "is damaged" in str(damaged)
    assert not (home / "bundles").exists()


def test_doctor_is_readable() -> None:
    shown = d2m("doctor", "--all").output
    for expected in ("torch", "ffmpeg version", "cpu", "embedded", "GB free"):
        assert expected in shown
    assert "vggish: not made yet; enables d2m evaluate --embedding vggish" in shown


def test_doctor_begins_with_a_verdict_and_stays_short() -> None:
    lines = d2m("doctor").output.splitlines()
    assert lines[0] == "ready: generate works here"
    assert len(lines) <= 20
    assert any(line.startswith("May I post it?") for line in lines)


def test_doctor_names_what_keeps_generate_from_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "weights"
    shutil.copytree(embedded_folder(), damaged)
    with (damaged / "i3d.safetensors").open("ab") as file:
        file.write(b"more")
    monkeypatch.setattr("d2m_cli.bundles.places.embedded_folder", lambda: damaged)
    shown = d2m("doctor")
    assert shown.exit_code == 1
    assert shown.output.startswith("not ready: ") and "i3d.safetensors" in shown.output


def test_doctor_finds_what_killed_commands_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "d2m-999999999-abc"
    left.mkdir()
    assert json.loads(d2m("doctor", "--json").output)["abandoned"] == [str(left)]
    assert str(left) in d2m("doctor").output


def test_doctor_says_what_each_missing_piece_would_enable() -> None:
    record = json.loads(d2m("doctor", "--json").output)
    assert record["missing"].keys() >= RECIPES.keys() == set(CONVERTED)
    assert all(record["missing"].values())
    assert all(facts["enables"] for facts in record["weights"].values())
    absent = {name for name, version in record["versions"].items() if version is None}
    assert absent <= record["missing"].keys()


def test_an_unmade_bundle_says_how_to_make_it(tmp_path: Path) -> None:
    missing = d2m("evaluate", str(tmp_path), "--embedding", "vggish").exception
    assert isinstance(missing, BundleError)
    assert "`d2m convert-weights vggish` makes it" in str(missing)
