"""A bundle with what `train.sh` made in the place of another's, with the styles of songs, and with
a composer.

python examples/gpu/to_bundle.py BUNDLE [--trained FOLDER] [--songs CACHE] [--composer RUN] -o NEW
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

import d2m_cli.songs
from d2m_cli.bundles.bundle import Bundle, load_bundle, save_bundle
from d2m_cli.bundles.contents import COMPOSER
from d2m_cli.bundles.packing import packed, unpacked
from d2m_cli.bundles.styles import FILE, read_styles, styles_toml
from d2m_cli.songs.styles import song_styles
from d2m_cli.spec import Level
from d2m_cli.training.composer.config import ComposerConfig
from d2m_cli.training.run.settings import read_run
from d2m_cli.training.stages import STAGES
from d2m_cli.training.styles import collect_styles, describe_styles

EXEMPLARS = 6
"""Style vectors of each style of songs."""


def contents(path: Path) -> dict[str, Tensor] | str:
    """Weights, or a text."""
    return path.read_text() if path.suffix == ".toml" else load_file(path)


def put_networks(
    files: dict[str, dict[str, Tensor]], generators: dict, trained: Path, played: bool
) -> None:
    """Put in what was trained of `generator_LEVEL`, maybe on played songs, and `decoder_LEVEL`."""
    for level in Level:
        name = f"generator_{level}.safetensors"
        if (trained / name).exists():
            files[name] = load_file(trained / name)
            generators[level.value] |= {"free": True, "masked": True, "played": played}
        if (trained / f"decoder_{level}.safetensors").exists():
            codec = files[f"codec_{level}.safetensors"]
            for key, weight in load_file(trained / f"decoder_{level}.safetensors").items():
                part, name = key.split(".", 1)
                codec[f"{part}s.{level.number}.{name}"] = weight


def put_composer(files: dict, settings: dict, run: Path) -> None:
    """Add the composer of a run of `d2m train composer`."""
    weights = load_file(run / STAGES["composer"].weights)
    files[COMPOSER] = {name: tensor.half() for name, tensor in weights.items()}
    settings["composer"] = asdict(read_run(run, ComposerConfig).sizes)


def put_styles(files: dict, bundle: Bundle, songs: Path) -> None:
    """Add the styles of songs that the bundle lacks."""
    own = read_styles(bundle.folder)
    new = {name: name for name in song_styles() if name not in own}
    vectors = {name: rows[:EXEMPLARS] for name, rows in collect_styles(songs, new).items()}
    files["styles.safetensors"] = load_file(bundle.folder / "styles.safetensors") | vectors
    chosen = Path(d2m_cli.songs.__file__).parent / FILE
    files[FILE] = styles_toml(own | describe_styles(songs, new, chosen=chosen))


def main() -> None:
    """Write the new bundle; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--trained", type=Path, help="folder of generator_* and decoder_*")
    parser.add_argument("--played", action="store_true", help="of generators: see played.py")
    parser.add_argument("--songs", type=Path, help="cache of `d2m prepare songs`")
    parser.add_argument("--composer", type=Path, help="folder of `d2m train composer`")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    bundle = load_bundle(options.bundle)
    files = {
        path.name: contents(path) for path in map(bundle.folder.joinpath, bundle.config["files"])
    }
    config = {k: v for k, v in bundle.config.items() if k not in ("files", "format")}
    if options.trained:
        put_networks(files, config["settings"]["generators"], options.trained, options.played)
    if options.songs:
        put_styles(files, bundle, options.songs)
    if options.composer:
        put_composer(files, config["settings"], options.composer)
    for level in Level:
        codec = files[f"codec_{level}.safetensors"]
        files[f"codec_{level}.safetensors"] = packed(unpacked(codec), "refiners.")
    made = save_bundle(options.out, config, files)
    size = sum(path.stat().st_size for path in made.folder.iterdir())
    print(f"{options.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
