"""The `d2m` command: the list of its commands; errors become one sentence."""

import sys

import typer

import d2m_cli
from d2m_cli.caches import name_spare_places
from d2m_cli.cli.failures import check_current_folder, sentence
from d2m_cli.cli.lazy import LazyGroup, Line
from d2m_cli.cli.process import ending_at_once, settle_process
from d2m_cli.cli.signals import INTERRUPTED, end_on_signals, flush_output, take_any_text

FIRST_LINES = """Give a dance video new music that fits the dance.

  d2m generate dance.mp4 -o out.mp4            the same video with new music
  d2m generate dance.mp4 -o out.mp4 --seed 2   another piece for the same dance
  d2m generate clips/ -o scored/               every video of a folder

d2m --help shows all commands, d2m generate --help all options."""
RESEARCH = "For researchers"
NO_STEMS = (
    "There are no stems, for the whole music leaves one decoder: take the finished file apart with "
    "a source separator (Demucs, say)."
)


COMMANDS = {
    "generate": Line(
        "generate.command",
        "Give each video new music that fits its dance.",
        function="generate",
        absent={"--stems": NO_STEMS, "--stem": NO_STEMS},
    ),
    "studio": Line(
        "studio",
        "See a dance and its music on one timeline, change what does not fit, keep the best take.",
    ),
    "styles": Line(
        "styles",
        "Show the styles that --style takes, with their usual tempo and how they sound.",
    ),
    "doctor": Line(
        "doctor",
        "Say whether generate works here, and what is installed, present, verified and missing.",
    ),
    "evaluate": Line(
        "evaluate",
        "Measure music for dances: lift and distance first, the paper's tables with --paper.",
        RESEARCH,
    ),
    "eval-beats": Line(
        "eval_beats",
        "Score beats of generated against reference music: coverage and hit, LORIS, mir_eval.",
        RESEARCH,
    ),
    "mos": Line(
        "mos",
        "Build a listening test (mean opinion scores), and score its answers.",
        RESEARCH,
    ),
    "measure": Line(
        "measure",
        "Measure a codec, a generator's inputs, distances, or a bundle's styles.",
        RESEARCH,
    ),
    "yardstick": Line(
        "measure",
        "Rank real music, its reconstruction, random codes, noise and clicks by every distance.",
        hidden=True,
        function="distances",
    ),
    "prepare": Line(
        "prepare",
        "Compute what training needs of a data set; run it again to go on where it stopped.",
        RESEARCH,
    ),
    "train": Line(
        "train", "Train a stage from its recipe; make a bundle of trained stages.", RESEARCH
    ),
    "adapt": Line(
        "adapt",
        "Learn from your own music: a style, its rules, and small changes of the generator.",
    ),
    "download-weights": Line(
        "download_weights",
        "Download weights that d2m can use but may not contain; without a name, list them.",
        RESEARCH,
    ),
    "convert-weights": Line(
        "convert_weights",
        "Turn downloaded checkpoints into a bundle of safetensors.",
        RESEARCH,
    ),
}


class _Commands(LazyGroup):
    lines = COMMANDS


app = typer.Typer(
    name="d2m",
    cls=_Commands,
    help="Give a dance video new music that fits the dance.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


@ending_at_once()
def main() -> None:
    """Entry point of the console script: one sentence and exit status 1 on an error.

    `--debug` is taken at any place of the command line and lets errors through with a traceback.
    """
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    settle_process()
    end_on_signals()
    take_any_text()
    name_spare_places()
    try:
        check_current_folder()
        try:
            app(prog_name="d2m")
        finally:
            if (error := flush_output()) is not None and not isinstance(error, BrokenPipeError):
                raise error
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        print(f"d2m: {sentence(error)}", file=sys.stderr)
    sys.exit(1)
