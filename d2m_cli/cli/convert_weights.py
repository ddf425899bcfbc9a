"""`d2m convert-weights`: published checkpoints become a bundle that `--bundle` takes."""

from __future__ import annotations

from pathlib import Path

import typer

from d2m_cli.cli.download_weights import DirOption


def convert_weights(
    name: str = typer.Argument(..., help="jukebox, i3d, vggish, aist-official or tiktok-official."),
    files: list[str] = typer.Option(
        [], "--file", metavar="PART=FILE", help="Checkpoint for a part, instead of a download."
    ),
    folder: Path | None = DirOption,
    out: Path | None = typer.Option(
        None,
        "-o",
        "--out",
        metavar="FOLDER",
        help="The bundle. [default: where --bundle NAME finds it]",
    ),
) -> None:
    """Turn downloaded checkpoints into a bundle of safetensors.

    The checkpoints are read without running anything that they may contain.

    Example: d2m convert-weights aist-official --file generator_high=netG.pt
    """
    from d2m_cli.bundles.convert import RECIPES, convert
    from d2m_cli.bundles.places import home
    from d2m_cli.bundles.registry import downloads_folder

    given = dict(_part_and_file(text) for text in files)
    target = out or home() / "bundles" / name
    bundle = convert(name, given, folder or downloads_folder(), target)
    typer.echo(f"{bundle.folder}: {', '.join(bundle.config['files'])}")
    typer.echo(f"Enables {RECIPES[name].enables}. Its name for --bundle: {out or name}")
    typer.echo(f"Licence: {bundle.config['licence']}")


def _part_and_file(text: str) -> tuple[str, Path]:
    part, sign, file = text.partition("=")
    if not sign or not file:
        raise typer.BadParameter(f"'{text}' must be PART=FILE", param_hint="--file")
    return part, Path(file)
