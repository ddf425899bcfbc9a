"""What a user could take instead of d2m, on the same video; and how d2m's cost grows with it.

python benchmarks/compare.py [--runs 3] [--seconds 10] [--growth 10 60 180 600] [--musicgen]

The authors' networks have random weights, which cost what trained ones do, and take TV-L1's place
with the faster optical flow. MusicGen-small is built from its configuration, with random weights,
and hears a text of eight words; it needs the package `transformers`, and sees no video at all. The
last line is ffmpeg's decoding of the pictures alone, once.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

import torch
from common import Run, looped, run_d2m, run_ffmpeg

from d2m_cli.bundles.convert import RECIPES, convert

OFFICIAL = "tiktok-official"
PARTS = ("motion_high", "generator_high", "codec_high", "i3d_rgb", "i3d_flow")
A, T = TypeVar("A"), TypeVar("T")
MUSICGEN_RATE = 50
"""Steps of MusicGen's decoder per second of sound."""


def official_bundle(folder: Path) -> Path:
    """A bundle of the authors' high level on random weights."""
    torch.manual_seed(0)
    given = {}
    for part in PARTS:
        network = RECIPES[OFFICIAL].parts[part].network()
        given[part] = folder / f"{part}.pt"
        torch.save(network.state_dict(), given[part])
    return convert(OFFICIAL, given, folder, folder / "bundle").folder


def musicgen(seconds: float) -> float:
    """Seconds that MusicGen-small takes for so much sound, its loading left out."""
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    sound = EncodecConfig(
        sampling_rate=32000,
        target_bandwidths=[2.2],
        upsampling_ratios=[8, 5, 4, 4],
        codebook_size=2048,
        num_filters=64,
        use_causal_conv=False,
    )
    parts = {
        "text_encoder": T5Config(d_model=768, d_ff=3072, num_layers=12, num_heads=12).to_dict(),
        "audio_encoder": sound.to_dict(),
        "decoder": MusicgenDecoderConfig().to_dict(),
    }
    network = MusicgenForConditionalGeneration(MusicgenConfig(**parts)).eval()
    words = torch.ones(1, 8, dtype=torch.long)
    begin = time.perf_counter()
    with torch.inference_mode():
        network.generate(
            input_ids=words,
            attention_mask=words,
            do_sample=True,
            max_new_tokens=round(seconds * MUSICGEN_RATE),
        )
    return time.perf_counter() - begin


def apart(work: Callable[[A], T], given: A) -> T:
    """What `work` gives, from a process of its own: whom this one starts counts its memory, too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(work, given).result()


def row(name: str, seconds: float, runs: list[Run]) -> None:
    """Print a line of the table: medians."""
    wall, used, peak = (
        median(getattr(run, what) for run in runs)
        for what in ("seconds", "processor_seconds", "peak_mb")
    )
    print(f"| {name} | {wall:.1f} | {wall / seconds:.2f} | {used:.1f} | {peak:.0f} |", flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--growth", type=int, nargs="*", default=(10, 60, 180, 600))
    parser.add_argument("--musicgen", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = ("-o", folder / "out.mp4", "--overwrite", "--no-cache")

        def made(video: Path, *words: str | Path) -> Run:
            return run_d2m("generate", video, *out, *words)

        video = looped(folder, options.seconds, "1920x1080")
        print(f"| {options.seconds} s of 1080p30 | s | s per s | processor s | peak MB |")
        print("|---|---|---|---|---|")
        for level in ("low", "high"):
            runs = [made(video, "--level", level) for _ in range(options.runs)]
            row(f"d2m, {level}", options.seconds, runs)
        bundle = apart(official_bundle, folder)
        words = ("--level", "high", "--bundle", bundle, "--flow", "dis")
        row("the authors' networks, high", options.seconds, [made(video, *words)])
        if options.musicgen:
            taken = apart(musicgen, options.seconds)
            print(f"| MusicGen-small | {taken:.1f} | {taken / options.seconds:.2f} | | |")
        decoding = median(run_ffmpeg("-i", video, "-f", "null", "-") for _ in range(options.runs))
        print(f"| ffmpeg, decoding | {decoding:.1f} | {decoding / options.seconds:.2f} | | |")
        print("\n| length, low | s | s per s | processor s | peak MB |\n|---|---|---|---|---|")
        for seconds in options.growth:
            row(f"{seconds} s", seconds, [made(looped(folder, seconds, "1920x1080"))])


if __name__ == "__main__":
    main()
