"""Every kind of video that the tests make, into every container, whole and in part: what comes out.

python benchmarks/gallery.py            # a line each, and how many of them are as they should be

The composing is replaced by silence; tests/output/test_gallery.py says what is right for a few of
these, and here only these count: it was written and read back, or refused in one sentence.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/helpers"))

import field_inputs as inputs

from d2m_cli.errors import D2MError
from d2m_cli.ingest.probe import probe
from d2m_cli.output.checks import CONTAINERS, check_output
from d2m_cli.output.mux import mux
from d2m_cli.spec import SAMPLE_RATE

PARTS = {"whole": (0.0, None), "begin": (0.0, 1.2), "middle": (0.5, 1.5)}

SPECIAL = {
    "GoPro": inputs.gopro,
    "iPhone metadata": inputs.iphone,
    "upright phone": inputs.phone,
    "HDR10": inputs.hdr10,
    "Dolby Vision": inputs.dolby,
    "HEVC in TS": lambda folder: inputs.hevc(folder, ".ts"),
    "cover in MP4": lambda folder: inputs.cover(folder, ".mp4"),
    "cover in MKV": lambda folder: inputs.cover(folder, ".mkv"),
    "still first": inputs.still_first,
    "words in MP4": lambda folder: inputs.words(folder, ".mp4"),
    "words in MKV": lambda folder: inputs.words(folder, ".mkv"),
    "spatial sound": inputs.unknown_first_sound,
    "font": inputs.font,
}


def main() -> None:
    """Print what came of every combination."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for number, (title, make) in enumerate({**inputs.PLAIN, **SPECIAL}.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            video = make(folder)
            for suffix in CONTAINERS:
                for part, (start, end) in PARTS.items():
                    outcome, told = attempt(video, folder / f"out{suffix}", start, end)
                    outcomes[outcome] += 1
                    print(f"{outcome:8s} {title} -> {suffix} {part}: {told}", flush=True)
    print(dict(outcomes))


def attempt(video: Path, out: Path, start: float, end: float | None) -> tuple[str, str]:
    """What came of one: `written` with what was left out, `refused` with why, or `defect`."""
    wav = out.with_name("silence.wav")
    try:
        check_output(video, out, overwrite=True, copied=start == 0)
        clip = probe(video, start, end)
        soundfile.write(wav, np.zeros(round(clip.seconds * SAMPLE_RATE)), SAMPLE_RATE)
        return "written", ", ".join(mux(clip, wav, out)) or "all came along"
    except D2MError as error:
        whole = "would not be whole" in str(error)
        return "defect" if whole or (out.exists() and not out.stat().st_size) else "refused", str(
            error
        )
    except Exception as error:  # what the benchmark looks for
        return "defect", f"{type(error).__name__}: {error}"
    finally:
        out.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
