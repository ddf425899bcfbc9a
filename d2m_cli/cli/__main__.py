"""`python -m d2m_cli.cli` is the `d2m` command."""

from d2m_cli.cli.start import main

main()
