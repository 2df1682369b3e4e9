from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_writer import caffemodel
from vsodboost_adapters.networks import ssav, ssav_blobs

from vsodboost.data.errors import PluginError, WeightsError
from vsodboost.weights.caffemodel import read_caffemodel

SIZE = 65


@pytest.fixture(scope="module")
def network() -> ssav.SSAVNetwork:
    torch.manual_seed(0)
    net = ssav.SSAVNetwork(SIZE)
    for name, value in net.named_parameters():
        if "peephole" in name:
            torch.nn.init.normal_(value, std=0.5)
    return net.eval()


def caffe_blobs(net: ssav.SSAVNetwork) -> dict[str, np.ndarray]:
    """The network's weights as Caffe would store them: batch norms as 1xCx1x1."""
    state, blobs = net.state_dict(), {}
    for caffe, ours in ssav_blobs.blob_names():
        array = state[ours].numpy()
        blobs[caffe] = array.reshape(1, -1, 1, 1) if ours.rpartition(".")[0].split(".")[-1][:2] == "bn" else array
    return blobs


@pytest.mark.parametrize(("size", "side"), [(473, 60), (65, 9), (64, 9), (66, 9), (67, 9), (33, 5)])
def test_feature_size(size: int, side: int) -> None:
    half = torch.nn.Conv2d(1, 1, 3, 2, 1)(torch.zeros(1, 1, size, size))
    pooled = torch.nn.MaxPool2d(3, 2, 1, ceil_mode=True)(half)
    assert ssav.feature_size(size) == torch.nn.Conv2d(1, 1, 1, 2)(pooled).shape[-1] == side


def test_outputs_and_batches(network: ssav.SSAVNetwork) -> None:
    clips = torch.randn(2, 3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 50
    with torch.inference_mode():
        both = network(clips)
        single = [network(clip) for clip in clips]
    assert both[0].shape == both[1].shape == (6, 1, SIZE, SIZE)
    assert both[2].shape == (6, ssav.HIDDEN, 9, 9)
    for i, out in enumerate(both):
        torch.testing.assert_close(out, torch.cat([one[i] for one in single]), rtol=1e-4, atol=1e-5)
    assert 0 <= both[0].min() < both[0].max() <= 1


def test_frames_see_each_other_in_both_directions(network: ssav.SSAVNetwork) -> None:
    clip = torch.randn(3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2)) * 50
    with torch.inference_mode():
        before = network(clip)[0]
        first_changed, last_changed = clip.clone(), clip.clone()
        first_changed[0] = last_changed[2] = 0
        assert (network(first_changed)[0][2] - before[2]).abs().max() > 1e-6
        assert (network(last_changed)[0][0] - before[0]).abs().max() > 1e-6


def test_another_size_is_refused_with_the_reason(network: ssav.SSAVNetwork) -> None:
    with pytest.raises(PluginError, match="65x65"):
        network(torch.zeros(3, 3, 97, 65))


def test_a_caffemodel_file_round_trips(network: ssav.SSAVNetwork, tmp_path: Path) -> None:
    path = tmp_path / "SSAV.caffemodel"
    path.write_bytes(caffemodel(caffe_blobs(network)))
    other = ssav.SSAVNetwork(SIZE)
    other.load_state_dict(ssav_blobs.state_dict_from_blobs(read_caffemodel(path), SIZE), strict=True)
    for (name, value), again in zip(network.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(value, again), name


def test_wrong_blobs_are_named(network: ssav.SSAVNetwork) -> None:
    blobs = caffe_blobs(network)
    for change, text in [
        ({"encode2/4": None}, "lacks the blob encode2/4"),
        ({"fc8/0": np.zeros(3)}, "unknown blob fc8/0"),
        ({"conv7/0": np.zeros((3, 64, 1, 1))}, "conv7/0"),
        ({"conv3_1_3x3/0": np.zeros((3, 3, 128, 128))}, "conv3_1_3x3/0"),
    ]:
        changed = {name: array for name, array in {**blobs, **change}.items() if array is not None}
        with pytest.raises(WeightsError, match=text):
            ssav_blobs.state_dict_from_blobs(changed, SIZE)
