"""Adapters and plugins import each other relatively and in no circle, for types neither. Read with ``ast``."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"adapters": "vsodboost_adapters", "plugins": "vsodboost_plugins"}


def modules(folder: Path) -> dict[str, Path]:
    """Every module below ``folder`` by its dotted name within it; a package is called after its folder."""
    paths = sorted(folder.rglob("*.py"))
    return {".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(name: str, source: str, known: set[str], *, is_package: bool = False) -> set[str]:
    """Those of the ``known`` modules that ``source`` imports relatively, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        parts = name.split(".")
        origin = [*parts[: len(parts) - node.level + is_package], *((node.module or "").split("."))]
        for alias in node.names:
            inside = ".".join(part for part in (*origin, alias.name) if part)
            found |= {inside if inside in known else inside.rpartition(".")[0]} & known
    return found


@pytest.mark.parametrize("folder", PACKAGES)
def test_no_file_names_its_own_package(folder: str) -> None:
    absolute = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(ROOT / folder).values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith(PACKAGES[folder]))
        or (isinstance(node, ast.Import) and any(alias.name.startswith(PACKAGES[folder]) for alias in node.names))
    ]
    assert absolute == []


@pytest.mark.parametrize("folder", PACKAGES)
def test_no_module_imports_itself_by_way_of_others(folder: str) -> None:
    found = modules(ROOT / folder)
    graph = {
        name: imported(name, path.read_text(encoding="utf-8"), set(found), is_package=path.name == "__init__.py")
        for name, path in found.items()
    }
    assert sum(map(len, graph.values())) > 20
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_relative_imports_are_followed() -> None:
    known = {"cpd", "layers", "layers.resize", "networks", "networks.cpd"}
    source = "from .networks import cpd\nif TYPE_CHECKING:\n    from .layers.resize import resize\nimport cards"
    assert imported("cpd", source, known) == {"networks.cpd", "layers.resize"}
    assert imported("networks.cpd", "from ..layers.resize import resize\nfrom ..cpd import CARD", known) == {
        "layers.resize",
        "cpd",
    }
    assert imported("networks", "from . import cpd", known, is_package=True) == {"networks.cpd"}
