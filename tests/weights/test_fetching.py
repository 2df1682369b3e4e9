from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from small_weights import small_network
from torch import Tensor

from vsodboost import weights
from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.weights import catalogue


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and folder of a server on this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as http:
        thread = Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", folder
        http.shutdown()
        thread.join()


def offer(monkeypatch: pytest.MonkeyPatch, url: str, digest: str) -> None:
    known = catalogue.sources()
    known = {**known, "small": replace(known["small"], url=url, hash=f"md5:{digest}")}
    monkeypatch.setattr(catalogue, "sources", lambda registry=None: known)


def test_a_checkpoint_is_fetched_checked_and_added(
    store_home: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, state: dict[str, Tensor]
) -> None:
    url, folder = server
    torch.save(state, folder / "small.pth")
    offer(monkeypatch, f"{url}/small.pth", hashlib.md5((folder / "small.pth").read_bytes()).hexdigest())
    with pytest.raises(WeightsError, match="run: vsodboost weights download small"):
        weights.where("small")
    assert weights.download("small").source_file == "small.pth"
    network = small_network()
    weights.load_into(network, "small")
    assert torch.equal(network.state_dict()["0.weight"], state["0.weight"])
    assert weights.graph("small") is None
    assert sorted(p.name for p in (store_home / "weights").iterdir()) == ["small"]


def test_a_graph_is_kept_as_it_is(
    store_home: Path,
    server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, Tensor],
    tmp_path: Path,
) -> None:
    url, folder = server
    (folder / "small.onnx").write_bytes(b"any bytes with the right hash")
    offer(monkeypatch, f"{url}/small.onnx", hashlib.md5(b"any bytes with the right hash").hexdigest())
    weights.download("small")
    assert weights.graph("small") == weights.where("small") == store_home / "weights/small/model.onnx"
    assert weights.verify("small").source_file == "small.onnx"
    with pytest.raises(WeightsError, match="not a torch network but an ONNX graph"):
        weights.load_into(small_network(), "small")
    torch.save(state, tmp_path / "small.pth")
    weights.add("small", tmp_path / "small.pth")
    assert weights.graph("small") is None
    assert not (store_home / "weights/small/model.onnx").exists()


def test_another_file_than_expected_is_not_kept(
    store_home: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = server
    (folder / "small.onnx").write_bytes(b"changed on the way")
    offer(monkeypatch, f"{url}/small.onnx", "0" * 32)
    with pytest.raises(WeightsError, match=r"small\.onnx: sent another file than expected") as caught:
        weights.download("small")
    assert "\n" not in str(caught.value)
    assert list((store_home / "weights").iterdir()) == []


def test_addresses_that_do_not_answer(
    store_home: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"{server[0]}/absent.onnx", "http://127.0.0.1:9/small.onnx"):
        offer(monkeypatch, url, "0" * 32)
        with pytest.raises(WeightsError, match=r"\.onnx: cannot be downloaded"):
            weights.download("small")
    assert list((store_home / "weights").iterdir()) == []


def test_models_behind_forms_cannot_be_downloaded(store_home: Path) -> None:
    with pytest.raises(UsageError, match=r"the authors publish wide\.pth at example\.org/wide"):
        weights.download("wide")
