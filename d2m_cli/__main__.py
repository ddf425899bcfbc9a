"""`python -m d2m_cli` is the `d2m` command."""

from d2m_cli.cli.app import main

main()
