"""How long training waits for its batches: pairs of the generator, and a step that only sleeps.

python benchmarks/waiting.py CACHE [--batch 32] [--workers 2] [--step 0.1] [--steps 60]

CACHE holds music that `d2m prepare` made. The machine should have nothing else to do.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from d2m_cli.data.pairs.examples import Pairs, PairSettings
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.training.run.handing import Hander, take
from d2m_cli.training.run.launch import OwnDraws
from d2m_cli.training.run.log import read_log
from d2m_cli.training.run.loop import LoopSettings, Run, Validation

WARM = 8
"""Batches of 32 that are drawn before the processor's time for one is measured."""
MEASURED = 9
"""Batches whose median it is."""


class Sleeper:
    """A stage whose steps take a fixed time and no processor."""

    def __init__(self, draw: OwnDraws, seconds: float) -> None:
        self.draw, self.seconds = draw, seconds

    def step(self, batch: Any, number: int, progress: float) -> dict[str, float]:
        """Sleep."""
        time.sleep(self.seconds)
        return {"loss": 0.0}

    def validate(self) -> Validation:
        """Nothing."""
        return Validation({"loss": 0.0})

    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing."""

    def export(self, path: Path) -> None:
        """Nothing."""


def main() -> None:
    """Print steps a second and the share of time waited, after the first ten steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--step", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = PairSettings(options.cache, None, max_unsteadiness=1.0)
    pairs = Pairs(settings, VisualSettings(), "train", 2.0, 0, sketched=True)
    for number in range(WARM):  # each stretch's style is computed once
        pairs.draw(range(32 * number, 32 * (number + 1)))
    hander, costs = Hander(), list[float]()
    with threadpool_limits(1):
        for number in range(WARM, WARM + MEASURED):
            begun = time.process_time()
            take(hander.give(pairs.draw(range(32 * number, 32 * (number + 1)))))
            costs.append((time.process_time() - begun) / 32)
    cost = median(costs)
    print(f"a pair of 2 s: {1000 * cost:.2f} ms of a processor, once styles are known")
    for batch in options.batch:
        cores = batch * cost / options.step
        print(f"batch {batch:4d}: {cores:.2f} cores draw as fast as the steps ask")
        for workers in options.workers:
            with tempfile.TemporaryDirectory() as folder:
                loop = LoopSettings(options.steps + 10, log_every=10, workers=workers)
                stage = Sleeper(OwnDraws(pairs.draw, batch), options.step)
                Run(stage, loop, Path(folder)).train()
                later = [e for e in read_log(Path(folder)) if e.kind == "pace" and e.step > 10]
            mean = {
                name: sum(e.value for e in later if e.name == name) / (options.steps // 10)
                for name in ("steps_per_second", "waiting")
            }
            print(
                f"batch {batch:4d}, {workers} workers: {mean['steps_per_second']:.2f} steps/s, "
                f"waiting {100 * mean['waiting']:.1f} %"
            )


if __name__ == "__main__":
    main()
