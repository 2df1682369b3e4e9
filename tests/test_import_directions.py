"""Imports point one way: an edge list a room, and no circle at all, for types neither. Read from the sources with
``ast``: nothing is imported here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"vsodboost": "vsodboost", "vsodboost_adapters": "adapters", "vsodboost_plugins": "plugins"}

# Every room of the core and the rooms that it imports; a room imports only rooms above it. An edge that nothing uses
# any more is taken out, so that the list stays the drawing of the house.
ROOMS: dict[str, str] = {
    "version": "",
    "data": "",
    "registry": "data",
    "ops": "data",
    "io": "data",
    "datasets": "data registry io",
    "networks": "",
    "weights": "data registry io networks",
    "perception": "data registry ops networks weights",
    "spatial": "data registry ops networks weights",
    "targets": "data registry ops io spatial weights",
    "decision": "data registry ops perception spatial weights",
    "boosters": "data registry ops io networks weights perception decision",
    "metrics": "data ops io datasets",
    "writers": "version data registry ops io datasets metrics",
    "pipeline": "version data registry ops io weights perception spatial targets decision",
    "training": "data registry ops io datasets networks weights perception spatial targets decision boosters metrics "
    "pipeline",
    "api": "data registry io datasets targets boosters pipeline writers",
    "studio": "data registry io datasets boosters writers pipeline",
    "cli": "version data registry api io datasets weights perception targets boosters metrics writers pipeline "
    "training studio",
    "__main__": "cli",
    "": "version data registry datasets writers",  # vsodboost/__init__.py, which re-exports
}
OUTER = "data registry ops io datasets networks weights perception spatial targets training"
"""What an adapter or plugin, ours or a stranger's, builds upon, beside its own package."""
LOOSE = {"__init__", "__main__", "version", "api"}
"""The only modules of the core that lie in no room."""


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
    """Modules of ours that ``source`` imports: at its top, within functions, or for type checkers only."""
    found = set()
    for node in ast.walk(ast.parse(source)):
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


GRAPH = {
    name: imports(name, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
    for name, path in MODULES.items()
}
CORE = sorted(name for name in MODULES if name.split(".")[0] == "vsodboost")
BEYOND = sorted(name for name in MODULES if name.split(".")[0] != "vsodboost")


def room(module: str) -> str:
    """The room of a core module; "" is the package itself."""
    return module.removeprefix("vsodboost").removeprefix(".").partition(".")[0]


def edges() -> dict[str, set[str]]:
    """Rooms and the other rooms that they import, as the sources have it. ``vsodboost`` itself holds the public names,
    which are imported when they are first asked for; that is no edge."""
    found: dict[str, set[str]] = {}
    for module in CORE:
        for imported in GRAPH[module]:
            if (
                imported in CORE
                and room(imported) != room(module)
                and not (room(module) == "" and room(imported) == "api")
            ):
                found.setdefault(room(module), set()).add(room(imported))
    return found


def circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Every first way round that a walk through the graph finds."""
    done: set[str] = set()

    def walk(node: str, path: tuple[str, ...]) -> Iterator[list[str]]:
        if node in path:
            yield [*path[path.index(node) :], node]
        elif node not in done:
            for following in sorted(graph.get(node, ())):
                yield from walk(following, (*path, node))
            done.add(node)

    for start in sorted(graph):
        yield from walk(start, ())


def test_the_sources_are_seen() -> None:
    assert {"vsodboost", "vsodboost.data.errors", "vsodboost.cli", "vsodboost_adapters", "vsodboost_plugins"} <= set(
        MODULES
    )
    assert "vsodboost.data.errors" in GRAPH["vsodboost"]


def test_few_modules_lie_on_the_top_floor() -> None:
    loose = {path.stem for path in (ROOT / "vsodboost").glob("*.py")}
    assert loose == LOOSE
    rooms = {path.parent.name for path in (ROOT / "vsodboost").glob("*/__init__.py")}
    assert rooms == set(ROOMS) - LOOSE - {""}


def test_the_core_imports_no_adapter_and_no_plugin() -> None:
    assert [(m, i) for m in CORE for i in sorted(GRAPH[m]) if i.split(".")[0] != "vsodboost"] == []


def test_rooms_import_what_the_list_says_and_nothing_else() -> None:
    found = edges()
    listed = {name: set(names.split()) for name, names in ROOMS.items()}
    new = {f"{a} -> {b}" for a, names in found.items() for b in names - listed[a]}
    gone = {f"{a} -> {b}" for a, names in listed.items() for b in names - found.get(a, set())}
    assert new == set(), "rooms import others that the list does not name"
    assert gone == set(), "the list names edges that no import has"


def test_the_list_points_one_way() -> None:
    order = list(ROOMS)
    for name, names in ROOMS.items():
        for other in names.split():
            assert name == "" or order.index(other) < order.index(name), f"{name} lies above {other}"


def test_no_circle_between_files_nor_rooms() -> None:
    # A package's __init__ registers what lies in it, so a file of the room may not import the room itself.
    assert list(circles({module: GRAPH[module] & set(CORE) for module in CORE if module != "vsodboost"})) == []
    assert list(circles(edges())) == []
    for package in ("vsodboost_adapters", "vsodboost_plugins"):
        own = {m for m in BEYOND if m.split(".")[0] == package}
        assert list(circles({module: GRAPH[module] & own for module in own})) == []


@pytest.mark.parametrize("module", BEYOND)
def test_adapters_and_plugins_import_the_public_rooms_and_themselves(module: str) -> None:
    own = module.partition(".")[0]
    for imported in sorted(GRAPH[module]):
        first, _, rest = imported.partition(".")
        if first != own:
            assert first == "vsodboost", f"{module} imports {imported}"
            assert rest.split(".")[0] in OUTER.split(), f"{module} imports {imported}, which is not for plugins"


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
        "vsodboost.pipeline.engine",
        "vsodboost_adapters.lite",
        "vsodboost.metrics.figures",
        "vsodboost.io.atomic",
        "vsodboost_plugins.flow",
    }


def test_circles_are_found() -> None:
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == [["a", "b", "c", "a"]]
    assert list(circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []
