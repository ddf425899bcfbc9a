"""What each input of a learned composer is worth: the same held-out music, with parts hidden."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from lightning.fabric import Fabric
from safetensors.torch import load_file

from d2m_cli.data.pairs.frame_crops import FrameBatch, FrameCrops
from d2m_cli.metrics.statistics import margin
from d2m_cli.models.composer import LOOKBACK
from d2m_cli.report.table_data import TableData
from d2m_cli.sketch.wishes import ACCENT, ENERGY, FIGURES, GROOVE, GROUPS, HARMONY
from d2m_cli.training.composer.config import ComposerConfig
from d2m_cli.training.composer.stage import ComposerStage
from d2m_cli.training.run.settings import read_run
from d2m_cli.training.stages import STAGES
from d2m_cli.types import FloatArray

WEIGHTS = STAGES["composer"].weights


def _unasked(*groups: slice) -> Callable[[FrameBatch], FrameBatch]:
    def hide(batch: FrameBatch) -> FrameBatch:
        wanted = batch.wanted.copy()
        for group in groups:
            wanted[..., group] = -1.0
        return batch._replace(wanted=wanted)

    return hide


def _without_style(batch: FrameBatch) -> FrameBatch:
    return batch._replace(style=np.zeros_like(batch.style))


def _without_tempo(batch: FrameBatch) -> FrameBatch:
    return batch._replace(tempo=np.zeros_like(batch.tempo))


def _without_past(batch: FrameBatch) -> FrameBatch:
    """What lies before the crop; within it the network has a memory."""
    known = batch.known.copy()
    known[:, : max(LOOKBACK)] = False
    return batch._replace(known=known)


HIDDEN: Mapping[str, Callable[[FrameBatch], FrameBatch]] = {
    "full": lambda batch: batch,
    "without energy": _unasked(ENERGY),
    "without accents": _unasked(ACCENT),
    "without groove": _unasked(GROOVE),
    "without harmony": _unasked(HARMONY),
    "without figures": _unasked(FIGURES),
    "without any wish": _unasked(*GROUPS),
    "without style": _without_style,
    "without tempo": _without_tempo,
    "without the eight bars before": _without_past,
}


def measure_composer(run: Path, split: str, crops: int) -> dict[str, FloatArray]:
    """Nats per sixteenth `(crops,)` of the music of a split for each row of `HIDDEN`.

    Raises `D2MError` when `run` holds no such run of the stage "composer".
    """
    settings = read_run(run, ComposerConfig)
    stage = ComposerStage(settings, Fabric(accelerator="cpu", devices=1))
    stage.composer.load_state_dict(load_file(run / WEIGHTS))
    music = FrameCrops(settings.music, (split,), settings.sixteenths, max(LOOKBACK))
    found: dict[str, list[FloatArray]] = {name: [] for name in HIDDEN}
    for begin in range(0, crops, settings.batch):
        numbers = range(begin, min(begin + settings.batch, crops))
        batch = music.draw_each(numbers, settings.seed, varied=False)
        for name, hide in HIDDEN.items():
            found[name].append(stage.nats(hide(batch)))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def composer_table(nats: Mapping[str, FloatArray]) -> TableData:
    """A row for each set of inputs."""
    rows = []
    for name, values in nats.items():
        more = values - nats["full"]
        interval = margin(more)
        rows.append(
            [
                name,
                f"{values.mean():.2f}",
                f"{more.mean():+.2f}" + ("" if interval is None else f" ± {interval:.2f}"),
            ]
        )
    return TableData(
        "What each input of the composer is worth",
        ["Input", "Nats per sixteenth", "More than full"],
        rows,
        "Cross-entropy of the sketches of music that was not trained on, with the 95 % interval of "
        "the paired differences.",
    )
