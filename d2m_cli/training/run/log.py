"""What a run leaves for people to look at: figures, curves, sounds and pictures.

log.csv         kind (train, validation, pace), step, name, value
curves.png      the losses over the steps, as the paper's figure 6
samples/STEP/   sounds of the validation and their spectrograms
tensorboard/    all of it again
"""

import csv
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import TracebackType

import soundfile
from matplotlib.image import imread
from torch import from_numpy
from torch.utils.tensorboard import SummaryWriter

from d2m_cli.files import not_writable, whole_file
from d2m_cli.report.curves import LogEntry, plot_curves, plot_spectrograms
from d2m_cli.report.plots import png, save
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

LOG, CURVES, SAMPLES, BOARD = "log.csv", "curves.png", "samples", "tensorboard"


class RunLog:
    """Writes the log of a run in `folder` that goes on from `step`.

    Lines of later steps, left by a run that was killed after its last checkpoint, are dropped.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.folder = folder
        kept = [record for record in read_log(folder) if record.step <= step]
        with _writing(folder):
            if kept:
                with whole_file(folder / LOG) as draft:
                    _append(draft, kept)
            self._board = SummaryWriter(folder / BOARD, purge_step=step + 1 if step else None)

    def __enter__(self) -> "RunLog":
        self._usual_excepthook = threading.excepthook
        threading.excepthook = self._report_thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with _writing(self.folder):
                self._board.close()
        finally:
            threading.excepthook = self._usual_excepthook

    def _report_thread(self, args: threading.ExceptHookArgs) -> None:
        """Leave what the disk refuses the board's thread to the caller, who raises it."""
        if not issubclass(args.exc_type, OSError):
            self._usual_excepthook(args)

    def figures(self, kind: str, step: int, figures: Mapping[str, float]) -> None:
        """Add the figures of a step."""
        with _writing(self.folder):
            _append(
                self.folder / LOG, [LogEntry(kind, step, *figure) for figure in figures.items()]
            )
            for name, value in figures.items():
                self._board.add_scalar(f"{kind}/{name}", value, step)

    def sounds(self, step: int, sounds: Mapping[str, FloatArray]) -> None:
        """Add what a validation has made audible: pieces `(N,)` at `SAMPLE_RATE`, by name."""
        if not sounds:
            return
        folder = self.folder / SAMPLES / f"{step:08d}"
        picture = png(plot_spectrograms(sounds))
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, wave in sounds.items():
                heard = wave.clip(-1, 1)
                soundfile.write(folder / f"{name}.wav", heard, SAMPLE_RATE)
                self._board.add_audio(name, from_numpy(heard)[None], step, SAMPLE_RATE)
            save(picture, folder / "spectrograms.png")
            image = imread(BytesIO(picture))
            self._board.add_image("spectrograms", image, step, dataformats="HWC")

    def draw_curves(self) -> None:
        """Draw the curves anew from all lines."""
        records = (record for record in read_log(self.folder) if record.kind != "pace")
        with _writing(self.folder):
            save(png(plot_curves(records)), self.folder / CURVES)


def read_log(folder: Path) -> list[LogEntry]:
    """All lines of the log of the run in `folder`; none when there is no log."""
    if not (folder / LOG).exists():
        return []
    with (folder / LOG).open(newline="", encoding="utf-8") as file:
        lines = [line for line in csv.reader(file) if len(line) == len(LogEntry._fields)]
    return [LogEntry(kind, int(step), name, float(value)) for kind, step, name, value in lines]


def last_validation(folder: Path) -> tuple[int, dict[str, float]] | None:
    """Step and figures of the newest validation of the run in `folder`, or None."""
    records = [record for record in read_log(folder) if record.kind == "validation"]
    if not records:
        return None
    step = max(record.step for record in records)
    return step, {record.name: record.value for record in records if record.step == step}


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Raise what the disk refuses as `OutputError`."""
    try:
        yield
    except (OSError, soundfile.SoundFileRuntimeError) as error:
        raise not_writable(folder, error) from error


def _append(path: Path, records: list[LogEntry]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            (kind, step, name, f"{value:.6g}") for kind, step, name, value in records
        )
