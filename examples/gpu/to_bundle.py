"""A bundle with the generators and decoders that `train.sh` made, in the place of another's.

python examples/gpu/to_bundle.py BUNDLE TRAINED -o NEW_BUNDLE
"""

import argparse
from pathlib import Path

from safetensors.torch import load_file

from d2m_cli.bundles.bundle import load_bundle, save_bundle
from d2m_cli.spec import Level


def main() -> None:
    """Write the new bundle; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("trained", type=Path, help="folder of generator_* and decoder_*")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    bundle = load_bundle(options.bundle)
    files = {name: load_file(bundle.folder / name) for name in bundle.config["files"]}
    config = {k: v for k, v in bundle.config.items() if k not in ("files", "format")}
    for level in Level:
        generator = f"generator_{level}.safetensors"
        files[generator] = load_file(options.trained / generator)
        config["settings"]["generators"][level.value] |= {"free": True, "masked": True}
        codec = files[f"codec_{level}.safetensors"]
        for key, weight in load_file(options.trained / f"decoder_{level}.safetensors").items():
            part, name = key.split(".", 1)
            codec[f"{part}s.{level.number}.{name}"] = weight
    made = save_bundle(options.out, config, files)
    size = sum(path.stat().st_size for path in made.folder.iterdir())
    print(f"{options.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
