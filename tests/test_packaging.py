"""What a user installs: one wheel with everything in it and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {"vsodboost": "vsodboost", "vsodboost_adapters": "adapters", "vsodboost_plugins": "plugins"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in FOLDERS.values():
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-index"]
    words = [*pip, "--no-build-isolation", "--wheel-dir", str(folder), str(folder / "source")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [made] = folder.glob("*.whl")
    return made


def test_every_package_is_listed() -> None:
    found = {
        ".".join((package, *path.parent.relative_to(ROOT / folder).parts))
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(found)


def test_every_entry_point_names_a_module_that_is_there() -> None:
    for module in PROJECT["project"]["entry-points"]["vsodboost"].values():
        package, _, rest = module.partition(".")
        path = ROOT / FOLDERS[package] / rest.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), module


def test_nothing_lands_in_site_packages_under_a_name_that_is_not_ours(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(FOLDERS)


def test_every_module_and_the_shipped_weights_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            assert f"{package}/{path.relative_to(ROOT / folder).as_posix()}" in names
        assert f"{package}/py.typed" in names
    for name in ("lite.safetensors", "mqpm.safetensors", "regions.json", "trust.json"):
        assert f"vsodboost/weights/shipped/{name}" in names


def test_a_plain_installation_works_far_from_the_sources(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True, capture_output=True)
    code = """
import numpy as np, vsodboost
from vsodboost.registry.discovery import Registry
import vsodboost_adapters
print(vsodboost.__file__, vsodboost_adapters.__file__)
assert Registry.load(only=[]).broken == []
rng = np.random.default_rng(0)
result = vsodboost.boost(rng.integers(0, 255, (3, 48, 64, 3)).astype(np.uint8), steps=1, device="cpu")
assert result.maps.shape == (3, 48, 64)
"""
    environment = {k: v for k, v in os.environ.items() if k not in ("VSODBOOST_SHIPPED", "VSODBOOST_LOAD_PLUGINS")}
    environment["PYTHONPATH"] = str(site)
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert all(path.startswith(str(site)) for path in done.stdout.split())
