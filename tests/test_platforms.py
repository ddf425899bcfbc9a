"""What Windows and macOS would trip over: calls that they lack, and text in their own encoding."""

import ast
from collections.abc import Iterator

import pytest
import torch
from project import ROOT

from d2m_cli.device import agrees_with_cpu, choose_device

PACKAGE = ROOT / "d2m_cli"
POSIX_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"}
OS_NAMES = (
    "O_NONBLOCK chown fchmod fork geteuid getloadavg getpgid getuid kill killpg mkfifo nice "
    "pathconf posix_fadvise sched_getaffinity setsid statvfs sysconf uname wait4"
)
SIGNAL_NAMES = "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGUSR1 SIGUSR2 pthread_sigmask"
POSIX_NAMES = {f"os.{name}" for name in OS_NAMES.split(" ")}
POSIX_NAMES |= {f"signal.{name}" for name in SIGNAL_NAMES.split(" ")}
"""What other systems lack; and `os.kill`, which on Windows ends the process that is asked after."""
TEXT_READERS = {"read_text", "write_text"}
NOT_PATHS = {"av", "os", "desk", "packed", "webbrowser", "Studio"}
OUR_OWN = {"files"}
"""Our `files.write_text` writes UTF-8."""


def posix_calls(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for name in [module] if module else [alias.name for alias in node.names]:
                if name in POSIX_MODULES:
                    yield node, name
        name = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if name in POSIX_NAMES:
            yield node, name


def unguarded(source: str) -> list[str]:
    """POSIX calls in functions that ask neither for the platform nor for the attribute, and are
    called by one that does not either."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    texts = {node.name: ast.unparse(node) for node in functions}

    def guarded(name: str) -> bool:
        return "win32" in texts[name] or "AttributeError" in texts[name]

    found = []
    for node, call in posix_calls(tree):
        homes = [f.name for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
        home = homes[-1] if homes else None
        callers = [n for n, text in texts.items() if n != home and home and f"{home}(" in text]
        safe = home and (guarded(home) or (callers and all(map(guarded, callers))))
        found += [] if safe else [f"{call} in line {node.lineno}"]
    return found


def locale_text(source: str) -> list[int]:
    """Lines in which text is read or written in the encoding that the system happens to have."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        words = [word for value in given for word in strings(value)]
        what, of = node.func.attr, ast.unparse(node.func.value)
        is_binary = any("b" in word and len(word) < 4 for word in words)
        opens = what == "open" and of not in NOT_PATHS and not is_binary
        reads = what in TEXT_READERS and of not in OUR_OWN
        if (opens or reads) and not any(word.startswith("utf-8") for word in words):
            lines.append(node.lineno)
    return lines


def strings(node: ast.AST) -> list[str]:
    constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return [value for value in constants if isinstance(value, str)]


def complaints(check) -> dict[str, object]:
    files = {file: check(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.py")}
    return {str(file.relative_to(ROOT)): wrong for file, wrong in files.items() if wrong}


def test_no_call_is_made_that_windows_lacks() -> None:
    assert not complaints(unguarded)


def test_text_has_its_encoding() -> None:
    assert not complaints(locale_text)


def test_the_checks_see_mistakes() -> None:
    assert unguarded("import os\ndef f():\n    os.getuid()\n") == ["os.getuid in line 3"]
    assert unguarded("import fcntl\n") == ["fcntl in line 1"]
    asks = "import sys\ndef f():\n    if sys.platform != 'win32':\n        import fcntl\n"
    assert unguarded(asks) == []
    assert locale_text("path.read_text()\npath.open('w')\npath.open('rb')\n") == [1, 2]


def test_mps_is_taken_where_it_computes_what_the_cpu_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agrees_with_cpu("cpu")
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("this machine has a device for auto")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto").type == "cpu"
    assert "computes otherwise than the CPU" in capsys.readouterr().err
