"""Every command in the documentation is one that d2m takes."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from project import ROOT
from typer.main import get_command

from d2m_cli.cli.app import app

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACEHOLDER = re.compile(r"[\[|]|\.\.\.|COMMAND| {3,}")
"""What a synopsis has and a command to copy has not."""


def code_lines(text: str) -> list[str]:
    """Lines of fenced and of indented blocks, without their comments."""
    fenced = [
        line
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
    ]
    indented = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    return [line.split(" #")[0].rstrip() for line in fenced + indented]


def commands() -> list[tuple[str, str]]:
    """Page and line of every command that can be copied."""
    return [
        (page.name, line)
        for page in PAGES
        for line in code_lines(page.read_text(encoding="utf-8"))
        if line.startswith("d2m ") and not PLACEHOLDER.search(line)
    ]


def parse(line: str) -> dict[str, Any]:
    """Arguments of a command line as its command takes them in; it is not run."""
    command: Any = get_command(app)
    words = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        name = words.pop(0)
        command = command.load(name) if hasattr(command, "load") else command.commands[name]
    parameters: dict[str, Any] = command.make_context(command.name, words).params
    return parameters


@pytest.mark.parametrize(("page", "line"), commands())
def test_documented_commands_are_taken(page: str, line: str) -> None:
    assert parse(line)


def test_the_check_sees_commands_and_mistakes() -> None:
    assert {page for page, _ in commands()} >= {"README.md", "reproduce.md", "weights.md"}
    with pytest.raises(Exception, match="No such option: --loudly"):
        parse("d2m generate dance.mp4 --loudly")
    with pytest.raises(KeyError):
        parse("d2m compose dance.mp4")
