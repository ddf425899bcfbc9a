"""The `d2m` command: registers one module per command and turns errors into one sentence."""

import sys

import typer

from d2m_cli.cli import eval_beats, generate
from d2m_cli.errors import D2MError

app = typer.Typer(
    name="d2m",
    help="Give a dance video new music that fits the dance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("generate")(generate.generate)
app.command("eval-beats")(eval_beats.eval_beats)


@app.callback()
def root(
    debug: bool = typer.Option(False, "--debug", help="Show the full traceback of an error."),
) -> None:
    """Give a dance video new music that fits the dance."""


def main() -> None:
    """Entry point of the console script: exit status 1 and one sentence on an expected error."""
    try:
        app()
    except D2MError as error:
        if "--debug" in sys.argv:
            raise
        print(f"d2m: {error}", file=sys.stderr)
        sys.exit(1)
