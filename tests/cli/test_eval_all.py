"""`d2m evaluate` and `d2m measure distances` on the example, with an untrained codec."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import chromium
import numpy as np
import pytest
import soundfile
import torch
from capture_files import bvh_text
from typer.testing import CliRunner

from d2m_cli import __version__
from d2m_cli.bundles.bundle import load_bundle, save_bundle
from d2m_cli.cli.app import app
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.cache.manifest import CachedPiece, Manifest, read_manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.errors import D2MError, DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import channel_names
from d2m_cli.report import tables
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """A codec with random weights: what the rows hold is not the point here."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("bundle") / "codec"
    config = {"name": "untrained", "architecture": "codec", "licence": "none", "settings": {}}
    codec = VQVAE(levels=(2,))
    for level in codec.bottleneck.level_blocks.values():
        level.k.normal_()
    save_bundle(folder, config, {"codec_high.safetensors": codec.state_dict()})
    return folder


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, bundle, dance_clips) -> tuple[dict, Path, str]:
    """The record of two clips with a finished system, the folder with all files, and the output."""
    folder = tmp_path_factory.mktemp("evaluation")
    videos, finished = folder / "videos", folder / "finished"
    videos.mkdir()
    finished.mkdir()
    random = np.random.default_rng(0)
    for name, clip in dance_clips.items():
        shutil.copy(clip, videos)
        for seed in (1, 2):
            noise = 0.1 * random.standard_normal(2 * SAMPLE_RATE)
            soundfile.write(finished / f"{name}.{seed}.wav", noise, SAMPLE_RATE)
    genres = folder / "genres.json"
    genres.write_text(json.dumps({"first": "pop", "second": "lock"}))
    for genre in ("pop", "lock"):
        (folder / "segments" / genre).mkdir(parents=True)
        for number in range(2):
            song = 0.1 * random.standard_normal(3 * SAMPLE_RATE)
            soundfile.write(folder / f"segments/{genre}/{number}.wav", song, SAMPLE_RATE)
    options = {
        "--music": f"rival={finished}",
        "--bundle": bundle,
        "--genres": genres,
        "--segments": folder / "segments",
        "--library": folder / "segments/pop",
        "--results": folder / "results.json",
        "--html": folder / "report.html",
        "--plots": folder / "plots",
    }
    arguments = [str(part) for option in options.items() for part in option]
    result = CliRunner().invoke(app, ["evaluate", str(videos), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads((folder / "results.json").read_text()), folder, result.stdout


def test_every_baseline_has_a_row_with_every_figure(evaluated):
    record, _, _ = evaluated
    systems = {system["name"]: system for system in record["systems"]}
    assert set(systems) >= {
        *("rival", "GT", "rival, other clip", "GT, other clip", "clicks on the dance"),
        *("steady clicks", "codec reconstruction", "random codes"),
    }
    assert [dance["name"] for dance in record["dances"]] == ["first", "second"]
    rival = systems["rival"]
    assert rival["clips"] == 2 and len(rival["beats"]["pairs"]) == 2
    assert rival["alignment"]["clips"][0]["bas_dance"] is not None
    assert rival["diversity_seeds"] > 0 and rival["diversity_dances"] > 0
    assert rival["genre_accuracy"] in (0.0, 0.5, 1.0) and record["genre_chance"] == 0.5
    assert rival["distinct_codes"] >= 1
    assert systems["GT"]["frechet"]["distance"] == pytest.approx(0.0, abs=1e-6)
    assert systems["GT"]["frechet"]["distance"] < rival["frechet"]["distance"]


def test_no_figure_is_nan_and_the_tables_have_the_papers_figures(evaluated):
    record, _, output = evaluated
    json.dumps(record, allow_nan=False)
    assert not re.search(r"\bnan\b", output, re.IGNORECASE)
    assert "Distance" in output and "rival" in output and "Table 1" not in output
    assert len(output.splitlines()) <= 40, "one screen"
    papers = tables.paper_tables(record)
    assert [table.title[:7] for table in papers] == [f"Table {n}" for n in range(1, 7)]
    for table in [tables.main_table(record), *papers, *tables.detail_tables(record)]:
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_report_is_one_file_with_players_and_plots(evaluated):
    _, folder, _ = evaluated
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<audio") >= 2 * 7 and page.count("data:image/png;base64") == 3
    assert page.count("<video") == 2 and len(page) < 3_000_000
    assert "d2m " in page and __version__ in page
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"
    assert {path.name for path in (folder / "plots").iterdir()} == {
        *("onsets.png", "quality.png", "systems.png"),
    }


@chromium.needed
def test_every_player_and_plot_of_the_report_works_in_chromium(evaluated, tmp_path):
    with chromium.browsing(tmp_path / "profile") as page:
        page.open(evaluated[1] / "report.html")
        page.wait_for("[...document.querySelectorAll('audio')].every(a => a.duration > 1.9)")
        page.wait_for("[...document.querySelectorAll('video')].every(v => v.videoHeight === 240)")
        page.evaluate("document.querySelector('audio').play(); 0")
        page.wait_for("document.querySelector('video').currentTime > 0.2")
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 500)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """A prepared set of one dance, with the visual features of the embedded bundle."""
    cache = tmp_path_factory.mktemp("prepared")
    visual = VisualSettings(**load_bundle().settings["visual"])
    seconds, random = 2.0, np.random.default_rng(2)
    steps = int(seconds * MOTION_RATE)
    arrays = {
        "motion": random.standard_normal((len(channel_names()), steps)).astype(np.float32),
        "found": np.ones(steps, np.uint8),
        "audio": (3000 * random.standard_normal(int(seconds * SAMPLE_RATE))).astype(np.int16),
        "visual": np.zeros((visual.channels, int(seconds * visual.rate) + 1), np.float32),
    }
    entry = CachedPiece(
        *("dance", "song", "test", "pop", "pop", "none"),
        seconds=seconds,
        holds=tuple(arrays),
        visual_rate=visual.rate,
    )
    write_piece(cache, entry, arrays, "here")
    write_manifest(cache, Manifest("folder", (entry,)))
    return cache


def test_music_is_made_for_a_prepared_set(prepared, tmp_path):
    arguments = ["--generate", "high", "--seeds", "2", "--results", tmp_path / "results.json"]
    result = CliRunner().invoke(
        app, ["evaluate", str(prepared), *map(str, arguments)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "results.json").read_text())
    systems = {system["name"]: system for system in record["systems"]}
    made = systems["d2m high"]
    assert made["clips"] == 1 and made["distinct_codes"] > 1
    assert made["diversity_seeds"] is None and "no unit for diversity" in record["notes"][0]
    assert made["beats"]["pairs"][0]["cut_seconds"] < 0.1
    assert "GT, other clip" not in systems, "one dance has no other"
    assert not re.search(r"\bnan\b", result.output, re.IGNORECASE)


def test_a_set_prepared_for_another_bundle_is_refused(prepared, tmp_path):
    entry = read_manifest(prepared).entries[0]
    write_manifest(prepared, Manifest("folder", (replace(entry, visual_rate=None),)))
    with pytest.raises(DataError, match="prepared without the visual features"):
        CliRunner().invoke(
            app, ["evaluate", str(prepared), "--generate", "high"], catch_exceptions=False
        )


def test_wrong_requests_are_named(tmp_path):
    for arguments, message in (
        ([tmp_path / "none.mp4"], "does not exist"),
        ([tmp_path, "--embedding", "clap"], "Unknown embedding 'clap'"),
    ):
        with pytest.raises(D2MError, match=message):
            CliRunner().invoke(app, ["evaluate", *map(str, arguments)], catch_exceptions=False)


def test_measure_distances_prints_a_verdict_for_every_distance(tmp_path, bundle):
    random = np.random.default_rng(1)
    seconds = np.arange(23 * SAMPLE_RATE) / SAMPLE_RATE
    for number in range(8):
        tones = [np.sin(2 * np.pi * hertz * seconds) for hertz in random.uniform(100, 2000, 4)]
        song = 0.1 * np.sum(tones, axis=0) * (1 + np.sin(2 * np.pi * 2 * seconds))
        soundfile.write(tmp_path / f"{number}.wav", song, SAMPLE_RATE)
    (tmp_path / "cover.txt").write_text("no sound")
    arguments = [
        "measure",
        "distances",
        str(tmp_path),
        "--bundle",
        str(bundle),
        "--seconds",
        "2",
        "--json",
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    record = json.loads(result.stdout)
    assert record["pieces"] == 8
    for name in ("music", "log-mel"):
        distances = record["distances"][name]
        assert distances["real music"] < distances["white noise"]
        assert distances["ranks_correctly"] in (True, False)

    noise = np.random.default_rng(2).standard_normal((8, 2 * SAMPLE_RATE)) / 10
    (tmp_path / "hiss").mkdir()
    for number, piece in enumerate(noise):
        soundfile.write(tmp_path / "hiss" / f"{number}.wav", piece, SAMPLE_RATE)
    placed = ["yardstick", *arguments[2:], "--beside", f"hiss={tmp_path / 'hiss'}"]
    result = CliRunner().invoke(app, placed, catch_exceptions=False)
    distances = json.loads(result.stdout)["distances"]["music"]
    assert distances["hiss"] == pytest.approx(distances["white noise"], rel=0.3)


def test_a_dance_that_cannot_be_read_costs_the_exit_status_alone(tmp_path: Path) -> None:
    dances, results = tmp_path / "dances", tmp_path / "results.json"
    dances.mkdir()
    (dances / "good.bvh").write_text(bvh_text(seconds=4.0))
    (dances / "bad.bvh").write_text("no motion")
    words = ["evaluate", str(dances), "--reference", "none", "--no-baselines"]
    done = CliRunner().invoke(app, [*words, "--results", str(results), "--paper"])
    assert done.exit_code == 1 and "left out: bad (" in " ".join(done.stdout.split())
    assert json.loads(results.read_text())["dances"][0]["name"] == "good"
