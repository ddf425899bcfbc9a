"""Where the `d2m` command begins: Ctrl-C is heard before anything slow is imported."""

from d2m_cli.cli.signals import leave_on_interrupt


def main() -> None:
    """Entry point of the console script; as `app.main`, which takes a moment to import."""
    leave_on_interrupt()
    from d2m_cli.cli.app import main as command

    command()
