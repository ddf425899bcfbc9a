"""The `d2m` command: registers one module per command and turns errors into one sentence."""

import sys

import typer

from d2m_cli.cli import (
    convert_weights,
    doctor,
    download_weights,
    eval_beats,
    evaluate,
    generate,
    mos,
    prepare,
    train,
    yardstick,
)
from d2m_cli.cli.failures import sentence
from d2m_cli.cli.signals import end_on_signals, flush_output, take_any_text

app = typer.Typer(
    name="d2m",
    help="Give a dance video new music that fits the dance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("prepare")(prepare.prepare)
app.add_typer(train.app, name="train")
app.command("generate")(generate.generate)
app.command("eval-beats")(eval_beats.eval_beats)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(mos.app, name="mos")
app.command("yardstick")(yardstick.yardstick)
app.command("download-weights")(download_weights.download_weights)
app.command("convert-weights")(convert_weights.convert_weights)
app.command("doctor")(doctor.doctor)


@app.callback()
def root(
    debug: bool = typer.Option(False, "--debug", help="Show the full traceback of an error."),
) -> None:
    """Give a dance video new music that fits the dance."""


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
            app()
        finally:
            if (error := flush_output()) is not None and not isinstance(error, BrokenPipeError):
                raise error
    except Exception as error:
        if debug:
            raise
        print(f"d2m: {sentence(error)}", file=sys.stderr)
    sys.exit(1)
