"""Start-up: to list plugins, weights and help, nothing heavy is imported. Each case is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
OURS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
    "vsodboost"
]
HEAVY = (
    *("torch", "torchvision", "timm", "cv2", "onnxruntime", "onnx", "av", "PIL", "scipy", "numpy", "safetensors"),
    *("pooch", "asyncio"),
)
LISTING = (["plugins"], ["plugins", "--json"], ["weights", "list"], ["--help"])


def imported_by(code: str, wanted: tuple[str, ...] = HEAVY) -> list[str]:
    """Which of ``wanted`` a fresh process has imported after ``code``."""
    report = f"import json, sys; sys.stderr.write(json.dumps([m for m in {wanted!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stderr)
    return found


def test_registering_what_is_ours_imports_nothing_heavy() -> None:
    code = f"""
import importlib
from vsodboost.registry.discovery import Registry
modules = {sorted(set(OURS.values()))!r}
for module in modules:
    importlib.import_module(module)
registry = Registry.load(only=[])
assert registry.broken == [], registry.broken
assert {{point for point in {sorted(OURS)!r}}} == {{name for name, _ in registry.manager.list_name_plugin()}}
"""
    assert imported_by(code) == []


@pytest.mark.parametrize("module", sorted(set(OURS.values())))
def test_a_plugin_of_ours_builds_no_network_when_it_is_imported(module: str) -> None:
    assert imported_by(f"import {module}", ("torch", "cv2", "numpy")) == []


@pytest.mark.parametrize(
    "arguments", [["plugins"], ["plugins", "--json"], ["weights", "list"], ["--help"]], ids=" ".join
)
def test_commands_that_list_import_nothing_heavy(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_LOAD_PLUGINS", "")
    code = f"""
from vsodboost.cli import main
try:
    main({arguments!r})
except SystemExit as ended:
    assert ended.code == 0, ended.code
"""
    assert imported_by(code, (*HEAVY, "rich")) == []


def test_the_package_alone_imports_next_to_nothing() -> None:
    assert imported_by("import vsodboost", (*HEAVY, "pluggy", "click", "importlib.metadata", "dataclasses")) == []


def test_reports_and_the_studio_do_without_torch() -> None:
    assert imported_by("import vsodboost.studio.server, vsodboost.writers.report.existing", ("torch",)) == []
