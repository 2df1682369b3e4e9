"""HFAN and MATNet: keys, shapes and sums of their layers as the authors' public code has them.

There is no fixture of their numbers: what is tested is the layout of the keys, the parts that have a formula by hand,
and that windows, mirrors and both files go together.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from formula_networks import settled
from torch import Tensor, nn
from torch.nn import functional as F
from vsodboost_adapters import hfan, matnet
from vsodboost_adapters.layers.mix_transformer import SIZES, Attention, MixTransformer, Size
from vsodboost_adapters.networks.hfan import HFAN, Alignment, Head, _starts
from vsodboost_adapters.networks.matnet import Decoder, Encoder, Gate, MotionAttention

from vsodboost.data.errors import UsageError, WeightsError
from vsodboost.weights import adding


def meta(build: object) -> nn.Module:
    with torch.device("meta"):
        return build().eval()  # type: ignore[operator,no-any-return]


# ---- HFAN ----


def test_hfan_has_the_layers_of_the_released_files() -> None:
    state = meta(hfan.build_network).state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    wanted = {
        "backbone.backbone.patch_embed1.proj.weight": (64, 3, 7, 7),
        "backbone.backbone.patch_embed3.norm.bias": (320,),
        "backbone.backbone.block1.0.attn.sr.weight": (64, 64, 8, 8),
        "backbone.backbone.block2.1.attn.kv.weight": (256, 128),
        "backbone.backbone.block4.1.mlp.dwconv.dwconv.weight": (2048, 1, 3, 3),
        "backbone.backbone.norm4.weight": (512,),
        "decode_head.conv_seg.weight": (2, 128, 1, 1),
        "decode_head.linear_c4.proj.weight": (256, 512),
        "decode_head.linear_fuse.conv.weight": (256, 1024, 1, 1),
        "decode_head.linear_fuse.bn.running_var": (256,),
        "decode_head.linear_pred.bias": (2,),
        "decode_head.hfan1.ca_layers.0.conv.bias": (16,),
        "decode_head.hfan1.ca_layers.4.running_mean": (64,),
        "decode_head.hfan3.pa_layers.1.conv.weight": (16, 320, 1, 1),
        "decode_head.hfan3.pa_layers.5.weight": (320,),
        "decode_head.hfan2.poc.key_project.1.bn.bias": (16,),
        "decode_head.hfan2.poc.value_project.conv.weight": (16, 128, 1, 1),
        "decode_head.hfan2.poc.bottleneck.conv.weight": (128, 256, 1, 1),
        "decode_head.hfan4.object_pred.conv.bias": (2,),
    }
    assert {name: shapes.get(name) for name in wanted} == wanted
    assert "backbone.backbone.block4.0.attn.sr.weight" not in shapes  # the last stage is not reduced
    assert "decode_head.linear_fuse.conv.bias" not in shapes  # a norm follows
    # SegFormer's own figures: MiT-B1 13.2 M and MiT-B2 24.2 M parameters without a head.
    for name, millions in (("b1", 13.15), ("b2", 24.20)):
        count = sum(p.numel() for p in meta(lambda size=name: MixTransformer(SIZES[size])).parameters())  # type: ignore[misc]
        assert count / 1e6 == pytest.approx(millions, abs=0.02)
    medium = meta(lambda: hfan.build_network("medium")).state_dict()
    assert medium["decode_head.linear_c1.proj.weight"].shape == (768, 64)
    assert "backbone.backbone.block3.5.norm1.weight" in medium
    with pytest.raises(UsageError, match="has no variant 'large'"):
        hfan.build_network("large")


def test_attention_is_torchs_own_over_reduced_keys() -> None:
    torch.manual_seed(0)
    attention = settled(Attention(10, 5, 2))
    x = torch.randn(2, 4 * 6, 10)
    reduced = attention.sr(x.transpose(1, 2).reshape(2, 10, 4, 6)).flatten(2).transpose(1, 2)
    key, value = F.linear(attention.norm(reduced), attention.kv.weight, attention.kv.bias).split(10, dim=-1)
    heads = [y.reshape(2, -1, 5, 2).transpose(1, 2) for y in (attention.q(x), key, value)]
    mixed = F.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(2, 24, 10)
    assert torch.allclose(attention(x, (4, 6)), attention.proj(mixed), atol=1e-5)


def test_a_traced_transformer_takes_any_number_of_images_as_an_exported_graph_must() -> None:
    network = settled(MixTransformer(Size((10, 10, 20, 40), (1, 1, 1, 1))))
    images = torch.randn(2, 3, 32, 64)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the size is fixed, which the tracer tells
        traced = torch.jit.trace(network, images[:1])
        for found, wanted in zip(traced(images), network(images), strict=True):
            assert torch.allclose(found, wanted, atol=1e-5)


def small_hfan() -> HFAN:
    """HFAN a hundredth as large."""
    network = meta(hfan.build_network)
    assert isinstance(network, HFAN)
    size = Size((10, 10, 20, 40), (1, 1, 1, 1))
    network.backbone.backbone = MixTransformer(size)
    network.decode_head = Head(size.channels, 12)
    return settled(network)  # type: ignore[return-value]


def test_aligned_features_are_a_weighted_mean_of_what_both_streams_know_of_the_object() -> None:
    torch.manual_seed(0)
    align = settled(Alignment(12))
    frame, flow = torch.randn(1, 12, 3, 4), torch.randn(1, 12, 3, 4)
    where = torch.softmax(torch.relu(align.object_pred.conv(frame)).flatten(2), dim=2)
    categories = torch.stack([(where[:, k, None] * frame.flatten(2)).sum(dim=2) for k in (0, 1)], dim=2)[..., None]
    seen, moved = align.poc(frame, categories), align.poc(flow, categories)
    both = seen + moved
    weight = torch.sigmoid(align.ca_layers(both) + align.pa_layers(both))
    assert torch.allclose(align(frame, flow), 2 * (seen * weight + moved * (1 - weight)), atol=1e-5)
    assert torch.allclose(align.poc(frame, 2 * categories), align.poc(frame, 2 * categories.flip(2)), atol=1e-5)


def test_windows_cover_every_pixel_and_a_square_of_512_is_one() -> None:
    assert _starts(512) == [0]
    assert _starts(928) == [0, 271, 416]
    network = small_hfan()
    frames, flow = torch.randn(1, 3, 512, 512), torch.randn(1, 3, 512, 512)
    with torch.no_grad():
        assert torch.allclose(network.sliding(frames, flow), network(frames, flow), atol=1e-4)
        wide = network.sliding(frames[..., :300, :], flow[..., :300, :])
    assert wide.shape == (1, 1, 300, 512)
    assert torch.isfinite(wide).all() and wide.std() > 0


# ---- MATNet ----


def test_matnet_has_the_layers_of_the_released_files() -> None:
    shapes = {name: tuple(value.shape) for name, value in meta(matnet.build_network).state_dict().items()}
    wanted = {
        "encoder.conv1_2.weight": (64, 3, 7, 7),
        "encoder.res4_1.22.conv3.weight": (1024, 256, 1, 1),
        "encoder.res5_2.0.downsample.1.running_mean": (2048,),
        "encoder.gated_res2.excitation_1.0.weight": (32, 512),
        "encoder.gated_res5.global_attention.0.weight": (1, 256),
        "encoder.gated_res3.spatial.conv.weight": (1, 1, 7, 7),
        "encoder.gated_res3.spatial.bn.bias": (1,),
        "encoder.coa_res3.proja.weight": (32, 512, 1, 1),
        "encoder.coa_res5.bottolneck1.1.weight": (2048,),
        "encoder.coa_res4.bnb.bias": (1024,),
        "decoder.GC.conv_l1.weight": (256, 4097, 7, 1),
        "decoder.GC.conv_r2.weight": (256, 256, 7, 1),
        "decoder.RF4.convFS1.weight": (256, 2049, 3, 3),
        "decoder.RF2.pdc.block3.conv.weight": (64, 513, 3, 3),
        "decoder.RF3.pdc.bn.weight": (256,),
        "decoder.pred5.weight": (1, 256, 3, 3),
        "decoder.concat.weight": (1, 4, 3, 3),
        "decoder.bdry5.bn1.weight": (4096,),
        "decoder.bdry2.conv3.bias": (1,),
    }
    assert {name: shapes.get(name) for name in wanted} == wanted
    assert "encoder.coa_res2.proja.weight" not in shapes


def test_matnets_shapes_at_another_size() -> None:
    features = meta(Encoder)(*(torch.empty(1, 3, 65, 83, device="meta") for _ in range(2)))
    assert [tuple(x.shape[1:]) for x in features] == [(512, 17, 21), (1024, 9, 11), (2048, 5, 6), (4096, 3, 3)]
    map_, edge = meta(Decoder)(features, (65, 83))
    assert map_.shape == edge.shape == (1, 1, 65, 83)


def test_motion_attention_by_hand() -> None:
    """Five cascades of the authors' loop, written out."""
    torch.manual_seed(0)
    attention = settled(MotionAttention(16))
    frame, flow = torch.randn(2, 16, 3, 4), torch.randn(2, 16, 3, 4)

    def attended(x: Tensor, score: nn.Module) -> Tensor:
        return torch.softmax(score(x).reshape(2, -1), dim=1).reshape(2, 1, 3, 4) * x

    a, b = frame, flow
    for cascade in range(5):
        qa, qb = attended(a, attention.proj1), attended(b, attention.proj2)
        affinity = torch.tanh(
            torch.einsum("ncp,ncq->npq", attention.projb(qb).flatten(2), attention.proja(qa).flatten(2))
        )
        zb = torch.einsum("ncq,npq->ncp", qa.flatten(2), affinity).reshape(2, 16, 3, 4)
        zb = zb / zb.norm(dim=1, keepdim=True).clamp(min=1e-12)
        if cascade < 4:
            a, b = torch.relu(zb + a), torch.relu(qb + b)
    said = attention(frame, flow)
    assert torch.allclose(said[0], zb, atol=1e-5)
    assert torch.allclose(said[1], qb, atol=1e-5)


def test_a_gate_that_is_shut_leaves_features_as_they_are() -> None:
    gate = settled(Gate(32))
    x = torch.randn(1, 32, 4, 4)
    assert not torch.allclose(gate(x), x)
    nn.init.constant_(gate.global_attention[0].bias, -1e4)  # type: ignore[arg-type]
    assert torch.equal(gate(x), x)


def test_the_map_is_the_mean_with_the_mirrored_one() -> None:
    class Left(nn.Module):
        def forward(self, frames: Tensor, flow: Tensor) -> tuple[Tensor]:
            return (frames[:, :1] * torch.linspace(-3, 3, frames.shape[-1]),)

    frames = torch.ones(1, 3, 2, 5)
    assert torch.allclose(matnet.saliency(Left(), frames, frames), torch.full((1, 1, 2, 5), 0.5), atol=1e-6)


# ---- weights ----


def test_matnets_two_files_become_one_and_a_lonely_one_is_refused(tmp_path: Path) -> None:
    state = {"conv1_1.weight": torch.ones(2), "module.bn1_1.bias": torch.zeros(1)}
    torch.save(state, tmp_path / "encoder_0.pt")
    with pytest.raises(WeightsError, match=r"its decoder, decoder_0.pt, is not beside it"):
        matnet.read_weights(tmp_path / "encoder_0.pt")
    torch.save({"GC.conv_l1.weight": torch.ones(3)}, tmp_path / "decoder_0.pt")
    names = {"encoder.conv1_1.weight", "encoder.bn1_1.bias", "decoder.GC.conv_l1.weight"}
    assert set(matnet.read_weights(tmp_path / "encoder_0.pt")) == names
    assert set(matnet.read_weights(tmp_path / "decoder_0.pt")) == names
    torch.save(state, tmp_path / "weights.pt")
    with pytest.raises(WeightsError, match="give MATNet's encoder"):
        matnet.read_weights(tmp_path / "weights.pt")


def test_a_file_of_hfan_small_is_added_strictly_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSODBOOST_HOME", str(tmp_path / "home"))
    network = settled(hfan.build_network("small"), gain=0.5)
    state = {name: value for name, value in network.state_dict().items() if "conv_seg" not in name}
    torch.save({"state_dict": state, "meta": {"epoch": 1}}, tmp_path / "HFAN-s-converted.pth")
    adding.add("hfan-small", tmp_path / "HFAN-s-converted.pth")
    target, card = _built("hfan-small")
    frames, flow = torch.randn(1, 3, 64, 64), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(target.network(frames, flow), network(frames, flow), atol=1e-5)
    assert card.needs_flow


def _built(name: str) -> tuple[object, object]:
    from vsodboost.registry.discovery import Registry

    return Registry.load().build("targets", name)
