"""`import torch` without what only compiling and exporting networks needs: a third of its time.

PyTorch imports tables of decompositions, meta kernels and its exporter at once, and inference uses
none of them. Here they are imported when somebody asks for something in them. What may be put off
is known for one line of versions alone; any other is imported whole.
"""

import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any

VERSIONS = "2.13."
"""Of PyTorch."""
LATER = {
    "torch._meta_registrations",
    "torch.distributed._meta_registrations",
    "torch._native",
    "torch.export",
}
BUILT_ON_THEM = {
    *("torch._dynamo", "torch._inductor", "torch._decomp", "torch._prims", "torch._refs")
}
"""Packages that want PyTorch whole: whoever imports one first gets `LATER` first."""


def spare_imports() -> None:
    """Put off the imports of `LATER` in this process; for a command that only uses networks.

    Meta tensors and `torch.compile` want the meta kernels, for which nobody asks by name.
    """
    known = metadata.version("torch").startswith(VERSIONS)
    if known and "torch" not in sys.modules and _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in BUILT_ON_THEM:
            _load_pending()
        if name not in LATER:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Later(spec.loader)
        return spec


class _Later(Loader):
    """Gives an empty module at first."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        _pending.append((module, self._real))
        if module.__name__ == "torch._meta_registrations":
            _let_generators_be_made()


class _Module(ModuleType):
    """Becomes the real module when one of `LATER` is asked for a name (but Python's own, `__x__`).

    They are then loaded all, in PyTorch's own order, on which some of them depend.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        _load_pending()
        return ModuleType.__getattribute__(self, name)


def _load_pending() -> None:
    with _lock:
        while _pending:
            module, loader = _pending.pop(0)
            loader.exec_module(module)


def _let_generators_be_made() -> None:
    """What one of the modules that the meta kernels import does beside them."""
    from torch import _C, _opaque_base

    _C._set_generator_metaclass(_opaque_base.OpaqueBaseMeta)


_FINDER = _Finder()
_pending: list[tuple[ModuleType, Loader]] = []
_lock = RLock()
