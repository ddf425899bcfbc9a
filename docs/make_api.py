"""Writes docs/api.md from the docstrings of the Python interface.

python docs/make_api.py
"""

import ast
import inspect
import re
import textwrap
from enum import Enum
from pathlib import Path
from typing import Any

import d2m_cli
from d2m_cli import errors, types
from d2m_cli.evaluation.evaluate import EvaluateOptions, Evaluation
from d2m_cli.output.beats import Beat
from d2m_cli.sketch.arrangement import Arrangement, Stretch
from d2m_cli.studio.edits import Edit
from d2m_cli.studio.project import Project
from d2m_cli.studio.spans import Span
from d2m_cli.studio.view import DanceView
from d2m_cli.studio.work import Work

PAGE = Path(__file__).with_name("api.md")
INTRODUCTION = """\
# Python interface

Made from the docstrings by `python docs/make_api.py`; a test holds it.

```python
{example}
```

From `d2m_cli` come {names}.
The other classes below are what these hold and take.

In shapes, `T` is time steps, `C` channels, `B` beats, `N` audio samples, `S` pictures of `H` by `W`
pixels.
"""
ALSO: tuple[type, ...] = (
    types.Analysis,
    Arrangement,
    Stretch,
    Project,
    DanceView,
    Work,
    Beat,
    Span,
    Edit,
    types.Clip,
    types.Motion,
    types.Visual,
    types.Rhythm,
    EvaluateOptions,
    Evaluation,
)
WIDTH = 96
"""Characters of a call in one line."""


def page() -> str:
    """The whole page."""
    example = inspect.cleandoc(d2m_cli.__doc__ or "").partition("\n\n")[2]
    names = ", ".join(f"`{name}`" for name in d2m_cli.EXPORTS)
    parts = [INTRODUCTION.format(example=example, names=names)]
    exported = [getattr(d2m_cli, name) for name in d2m_cli.EXPORTS]
    for thing in dict.fromkeys([*exported, *ALSO]):
        parts.append(of_class(thing) if inspect.isclass(thing) else of_function(thing, "##"))
    raised = [error for error in vars(errors).values() if inspect.isclass(error)]
    lines = [f"- `{error.__name__}`: {prose(error)}" for error in raised]
    parts.append("## Errors\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def of_class(kind: type) -> str:
    """A class: what it is, its fields, then its public methods in the order of the source."""
    parts = [f"## {kind.__name__}\n\n{prose(kind)}\n"]
    fields = fields_of(kind)
    if fields:
        parts.append("\n".join(fields) + "\n")
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) and not issubclass(kind, Enum):
            parts.append(f"### {kind.__name__}.{name}\n\n{prose(member)}\n")
        elif isinstance(member, classmethod) or inspect.isfunction(member):
            parts.append(of_function(getattr(kind, name), "###", kind.__name__))
    return "\n".join(parts)


def of_function(function: Any, heading: str, owner: str = "") -> str:
    """A function: its call, then what its docstring says."""
    name = f"{owner}.{function.__name__}" if owner else function.__name__
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    arguments = tree.args
    plain = [arg for arg in arguments.args if arg.arg not in ("self", "cls")]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
    given = [_argument(arg, default) for arg, default in zip(plain, defaults, strict=True)]
    if arguments.kwonlyargs:
        only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        given += ["*", *(_argument(arg, default) for arg, default in only)]
    result = ast.unparse(tree.returns) if tree.returns else "None"
    call = f"{name}({', '.join(given)}) -> {result}"
    if len(call) > WIDTH:
        call = f"{name}(\n" + "".join(f"    {one},\n" for one in given) + f") -> {result}"
    return f"{heading} {name}\n\n```python\n{call}\n```\n\n{prose(function)}\n"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    assert argument.annotation
    text = f"{argument.arg}: {ast.unparse(argument.annotation)}"
    return text if default is None else f"{text} = {ast.unparse(default)}"


def fields_of(kind: type) -> list[str]:
    """A line for each field that has a sentence after it, or a type alone."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    lines = []
    for node, after in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        if isinstance(node, ast.AnnAssign):
            name, what = ast.unparse(node.target), f"`{ast.unparse(node.annotation)}`"
        elif isinstance(node, ast.Assign):
            name, what = ast.unparse(node.targets[0]), f"`{ast.unparse(node.value)}`"
        else:
            continue
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = " ".join(str(after.value.value).split())
        lines.append(f"- `{name}` ({what})" + (f": {text}" if text else ""))
    return lines


def prose(thing: Any) -> str:
    """A docstring as Markdown: `Args` and `Raises` become lists."""
    lines = []
    listed = False
    for line in inspect.cleandoc(thing.__doc__ or "").splitlines():
        section = re.fullmatch(r"(Args|Raises|Returns):", line)
        item = re.fullmatch(r"    (\w+): (.*)", line)
        if section:
            listed = True
            lines += [f"**{section[1]}**", ""]
        elif listed and item:
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif listed and line.startswith("     "):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines).strip()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
