"""The executor ``ray`` on a cluster of this machine, where Ray is installed; what it refuses everywhere."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from portable_work import Deeds, video
from vsodboost_plugins.executors import ray as plugin

from vsodboost.data.errors import UsageError
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import Request

has_ray = find_spec("ray") is not None


def test_options_are_read_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Registry.load(only=[]).card("executors", "ray").options == plugin.OPTIONS
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'vsodboost\[ray\]'"):
        plugin.build(Request())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(UsageError, match="no option 'nodes'; it has address"):
        plugin.build(Request(options={"nodes": "3"}))


@pytest.mark.skipif(not has_ray, reason="Ray is not installed: pip install 'vsodboost[ray]'")
def test_a_video_whose_actor_dies_is_tried_again_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))
    work = Deeds(tmp_path)
    executor = plugin.build(Request(options={"workers": "1", "restarts": "4", "tries": "4"}))
    names = ("fails", "stumbles", "fine")
    found = {outcome.source.name: outcome for outcome in executor.run(work, [video(name) for name in names])}
    assert str(found["fails"].error) == "it cannot be read"
    assert found["stumbles"].summary is not None
    assert found["stumbles"].summary["tries"] == 4 and found["stumbles"].summary["resume"] is True
    assert found["fine"].summary is not None
    assert ("started", "fine", None) in work.relayed
