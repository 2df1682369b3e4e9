"""The executor ``ray`` on a cluster of this machine, where Ray is installed; what it refuses everywhere."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from portable_work import Deeds, video
from vsodboost_plugins.executors import ray as plugin

from vsodboost.data.errors import UsageError, VsodboostError
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
def test_on_two_nodes_a_video_whose_actor_dies_is_tried_again_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.cluster_utils import Cluster

    tests = str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_worker_niceness", "0")  # else they stand back for everything else on the machine
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        monkeypatch.chdir(tmp_path)  # the nodes are elsewhere
        work = Deeds(tmp_path)
        executor = plugin.build(Request(options={"address": cluster.address, "restarts": "4", "tries": "4"}))
        names = ("fails", "stumbles", "fine", "fine-too")
        found = {outcome.source.name: outcome for outcome in executor.run(work, [video(name) for name in names])}
        monkeypatch.chdir(tests)
        gone = plugin.build(Request(options={"address": cluster.address, "workers": "1"}))
        monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "gone")
        with pytest.raises(VsodboostError, match=r"does not see .*gone .*; all machines need the same paths"):
            list(gone.run(work, [video("fine")]))
    finally:
        cluster.shutdown()
    assert str(found["fails"].error) == "it cannot be read"
    summaries = {name: outcome.summary or {} for name, outcome in found.items()}
    assert summaries["stumbles"]["tries"] == 4 and summaries["stumbles"]["resume"] is True
    assert {summaries[name]["folder"] for name in names[1:]} == {str(tmp_path)}
    assert ("started", "fine", None) in work.relayed
