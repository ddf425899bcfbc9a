"""Public functions that take or return arrays say their shapes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from project import ROOT

PACKAGE = ROOT / "d2m_cli"
ARRAYS = {"FloatArray", "IntArray", "BoolArray", "FrameArray", "Int16Array", "NDArray", "Tensor"}
SHAPE = re.compile(
    r"\([A-Z0-9][\w +*/.'-]*(,[^)]*)?\)|`[^`]*\([\w.' ]+,[^`]*\)`|any shape|same shape|scalar"
)
"""`(B, C, T)`, or words in its place."""


def named_types(annotation: ast.expr | None) -> set[str]:
    """Names in an annotation, outside of functions and containers of networks' states."""
    if annotation is None:
        return set()
    text = ast.unparse(annotation)
    if re.search(r"Callable|Mapping\[str|dict\[str", text):
        return set()
    return set(re.findall(r"\w+", text))


def public(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Name, node and documentation (with that of the class) of each public function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node, ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            about = ast.get_docstring(node) or ""
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    documentation = about + (ast.get_docstring(method) or "")
                    yield f"{node.name}.{method.name}", method, documentation


def without_shapes(file: Path) -> list[str]:
    """Public functions with arrays whose documentation has no shape."""
    found = []
    for name, node, documentation in public(ast.parse(file.read_text(encoding="utf-8"))):
        arguments = [*node.args.args, *node.args.kwonlyargs]
        types = named_types(node.returns).union(*(named_types(a.annotation) for a in arguments))
        if types & ARRAYS and not SHAPE.search(documentation):
            found.append(name)
    return found


def test_arrays_have_shapes() -> None:
    found = {str(file.relative_to(ROOT)): without_shapes(file) for file in PACKAGE.rglob("*.py")}
    assert not {file: names for file, names in found.items() if names}


def test_the_check_sees_a_missing_shape(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(
        'def bad(x: Tensor) -> None:\n    """Loud (or not)."""\n\n'
        'def good(x: Tensor) -> None:\n    """Loudness of `x (B, T)`."""\n'
    )
    assert without_shapes(file) == ["bad"]
