"""Trains the codec and then the generator for one step: run by torchrun, in two processes.

torchrun ... train_both.py CODEC_RECIPE GENERATOR_RECIPE FOLDER
"""

import sys
from pathlib import Path

from d2m_cli.cli.app import app

folder = Path(sys.argv[3])
for stage, recipe in zip(("codec", "generator"), sys.argv[1:3], strict=True):
    words = ["train", stage, "--config", recipe, "-o", str(folder / stage), "--steps", "1"]
    app([*words, "--device", "cpu"], standalone_mode=False)
