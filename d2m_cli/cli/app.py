"""The `d2m` command: registers one module per command and turns errors into one sentence."""

import sys

import typer
import typer.main

import d2m_cli
from d2m_cli.cli import (
    convert_weights,
    doctor,
    download_weights,
    eval_beats,
    evaluate,
    generate,
    measure,
    mos,
    prepare,
    styles,
    train,
)
from d2m_cli.cli.failures import sentence
from d2m_cli.cli.people_help import in_peoples_words
from d2m_cli.cli.signals import end_on_signals, flush_output, take_any_text

FIRST_LINES = """Give a dance video new music that fits the dance.

  d2m generate dance.mp4 -o out.mp4            the same video with new music
  d2m generate dance.mp4 -o out.mp4 --seed 2   another piece for the same dance
  d2m generate clips/ -o scored/               every video of a folder

d2m --help shows all commands, d2m generate --help all options."""
RESEARCH = "For researchers"

app = typer.Typer(
    name="d2m",
    help="Give a dance video new music that fits the dance.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command("generate")(generate.generate)
app.command("styles")(styles.styles)
app.command("doctor")(doctor.doctor)
app.command("evaluate", rich_help_panel=RESEARCH)(evaluate.evaluate)
app.command("eval-beats", rich_help_panel=RESEARCH)(eval_beats.eval_beats)
app.add_typer(mos.app, name="mos", rich_help_panel=RESEARCH)
app.add_typer(measure.app, name="measure", rich_help_panel=RESEARCH)
app.command("yardstick", hidden=True)(measure.distances)
app.command("prepare", rich_help_panel=RESEARCH)(prepare.prepare)
app.add_typer(train.app, name="train", rich_help_panel=RESEARCH)
app.command("download-weights", rich_help_panel=RESEARCH)(download_weights.download_weights)
app.command("convert-weights", rich_help_panel=RESEARCH)(convert_weights.convert_weights)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"d2m {d2m_cli.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show the full traceback of an error."),
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Give a dance video new music that fits the dance."""
    if context.invoked_subcommand is None:
        typer.echo(FIRST_LINES)


def main() -> None:
    """Entry point of the console script: one sentence and exit status 1 on an error.

    `--debug` is taken at any place of the command line and lets errors through with a traceback.
    """
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    end_on_signals()
    take_any_text()
    try:
        try:
            in_peoples_words(typer.main.get_command(app))(prog_name="d2m")
        finally:
            if (error := flush_output()) is not None and not isinstance(error, BrokenPipeError):
                raise error
    except Exception as error:
        if debug:
            raise
        print(f"d2m: {sentence(error)}", file=sys.stderr)
    sys.exit(1)
