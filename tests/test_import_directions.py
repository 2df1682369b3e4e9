"""Imports point inwards only. Read from the sources with ``ast``: nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"vsodboost": "vsodboost", "vsodboost_adapters": "adapters", "vsodboost_plugins": "plugins"}

# The core from the inside out, names relative to ``vsodboost``. A module may import its own row and the rows above it.
# A package stands for all its modules, save those that are listed themselves.
LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("words", ("version", "errors", "types", "cards", "interfaces", "hookspecs", "scene", "checks", "device",
      "allocator")),
    ("files and names", ("io", "buffers", "registry", "weights.shipped", "training.losses", "torchvision_import")),
    ("seeing and scoring", ("perception", "spatial", "metrics")),
    ("parts", ("targets", "weights", "training", "longterm", "labels", "boosters", "fusion", "trust", "gate")),
    ("one video", ("plan", "engine")),
    ("many videos", ("api", "sheet", "run", "training.trust", "training.own")),
    ("faces", ("cli", "__main__", "")),  # "" is vsodboost/__init__.py, which re-exports
)  # fmt: skip

# What a plugin, ours or a stranger's, builds upon.
PUBLIC = (
    "cards",
    "hookspecs",
    "interfaces",
    "types",
    "errors",
    "targets",
    "weights",
    "torchvision_import",
    "spatial",
    "io",
    "perception",
    "registry",
    "training",
    "device",
)


def sources() -> dict[str, Path]:
    """Every module of the three packages by its import name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


MODULES = sources()


def imports(module: str, source: str, *, is_package: bool = False) -> set[str]:
    """Modules of ours that ``source`` imports, at its top or within functions, but not for type checkers only."""
    found = set()
    for node in _run_time_nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = module.split(".")[: len(module.split(".")) - node.level + is_package]
                origin = ".".join([*base, *([node.module] if node.module else [])])
            # ``from package import name`` may import a module or what is in the package.
            found |= {f"{origin}.{a.name}" if f"{origin}.{a.name}" in MODULES else origin for a in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {str(argument.value) for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    return {name for name in found if name.split(".")[0] in PACKAGES}


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _run_time_nodes(child)


GRAPH = {
    name: imports(name, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
    for name, path in MODULES.items()
}
CORE = sorted(name for name in MODULES if name.split(".")[0] == "vsodboost")
OUTER = sorted(name for name in MODULES if name.split(".")[0] != "vsodboost")


def layer(module: str) -> int | None:
    """Row of a core module: that of the longest name in the table that it is or lies in."""
    inside = module.removeprefix("vsodboost").removeprefix(".")
    rows = {name: index for index, (_, names) in enumerate(LAYERS) for name in names}
    matching = [name for name in rows if inside == name or (name and inside.startswith(f"{name}."))]
    return rows[max(matching, key=len)] if matching else None


def test_the_sources_are_seen() -> None:
    assert {"vsodboost", "vsodboost.data.errors", "vsodboost.cli", "vsodboost_adapters", "vsodboost_plugins"} <= set(
        MODULES
    )
    assert "vsodboost.data.errors" in GRAPH["vsodboost"]


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_no_adapter_and_no_plugin(module: str) -> None:
    assert [name for name in sorted(GRAPH[module]) if not name.startswith("vsodboost.") and name != "vsodboost"] == []


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_inwards(module: str) -> None:
    own = layer(module)
    assert own is not None, f"{module} is new: give it a row in LAYERS"
    for imported in sorted(GRAPH[module]):
        other = layer(imported)
        assert other is not None, f"{module} imports {imported}, which no row of LAYERS has"
        assert other <= own, (
            f"{module} ({LAYERS[own][0]}) imports {imported} ({LAYERS[other][0]}), which is further out"
        )


@pytest.mark.parametrize("module", OUTER)
def test_adapters_and_plugins_import_the_public_modules_and_themselves(module: str) -> None:
    own = module.partition(".")[0]
    for imported in sorted(GRAPH[module]):
        first, _, rest = imported.partition(".")
        if first != own:
            assert first == "vsodboost", f"{module} imports {imported}"
            assert rest.split(".")[0] in PUBLIC, f"{module} imports {imported}, which is not for plugins"


def test_no_module_of_the_core_imports_itself_by_way_of_others() -> None:
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for imported in sorted(GRAPH[module] & set(CORE)):
                walk(imported, (*path, module))
            done.add(module)

    for module in CORE:
        walk(module, ())


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
from vsodboost.data import errors
from vsodboost.data.types import Clip
if TYPE_CHECKING:
    from vsodboost.pipeline.engine import Engine
def later():
    import vsodboost_adapters.lite
    from . import figures
    from ..io import atomic
    importlib.import_module("vsodboost_plugins.flow")
"""
    assert imports("vsodboost.metrics.evaluate", source) == {
        "vsodboost.data.errors",
        "vsodboost.data.types",
        "vsodboost_adapters.lite",
        "vsodboost.metrics.figures",
        "vsodboost.io.atomic",
        "vsodboost_plugins.flow",
    }
