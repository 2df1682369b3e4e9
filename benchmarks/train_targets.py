"""Are the modules worth their place? DS-Net and RCRNet+NER beside the same networks without them, trained here alike.

    python benchmarks/train_targets.py dsnet DAVIS-TRAIN --test DAVIS-DEV --step 3 --out runs --json dsnet.json
    python benchmarks/train_targets.py rcrnet DAVIS-TRAIN --test DAVIS-DEV --step 3 --out runs

dsnet: M1 of DS-Net's table III (features of both branches at the same scale summed, only the final map supervised;
no weight generator, no cross thresholding, no attention) and M5, the whole network. rcrnet: RCRNet's table 3, from Ra
(every frame of a clip by itself, no recurrence, no non-local block) to Re, with all of NER; all go on from one image
stage. The rows of a table see the same batches for the same number of steps at the same rates. The training is bounded:
networks start from nothing unless --imagenet names torchvision's file, images are small, and so the rates are higher
than the papers'. The sequences of --without are left out of training and scored too: choose settings by them, not by
the test set. Maps go to OUT/NAME/SEQUENCE, weights (for ``vsodboost weights add``) to OUT/NAME.safetensors.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from vsodboost_adapters import dsnet, rcrnet
from vsodboost_adapters.layers.resize import resize
from vsodboost_adapters.layers.resnet import freeze_batch_norm
from vsodboost_adapters.networks.dsnet import DSNetwork
from vsodboost_adapters.networks.rcrnet import ImageNetwork, VideoNetwork, build_network
from vsodboost_adapters.training import dsnet as training_dsnet
from vsodboost_adapters.training import rcrnet as training_rcrnet
from vsodboost_adapters.training.batches import Shuffled, labelled_image, normalised, read_image, scaled, windows
from vsodboost_adapters.training.start import fill_encoder, imagenet_weights

from vsodboost.data.cards import TargetCard
from vsodboost.data.types import Clip, FlowField, Frames
from vsodboost.datasets.inputs import open_inputs
from vsodboost.io.atomic import write_png
from vsodboost.metrics.evaluate import Evaluation, evaluate
from vsodboost.ops.flow_image import flow_image
from vsodboost.ops.resize import resize_frames
from vsodboost.perception.perceive import pair_flow
from vsodboost.registry.discovery import Registry
from vsodboost.registry.interfaces import FlowEstimator, Request
from vsodboost.targets.network_target import Layout, NetworkTarget, run_target
from vsodboost.training.files import VideoFiles, list_files
from vsodboost.training.loop import Batch, Loop, Schedule
from vsodboost.training.masks import read_mask as read_grey
from vsodboost.training.own import VALIDATION

SHOWN = ("maxF", "S", "MAE", "J", "wF")
LONG_SIDE = 432
"""px at which flow is estimated, in training and in test."""
Say = Callable[[str], None]


class Summed(DSNetwork):
    """M1: the features of both branches are summed scale by scale and decoded. Same keys; what M1 lacks stays idle."""

    def forward(self, image: Tensor, flow_image: Tensor) -> tuple[Tensor]:  # type: ignore[override]
        """Two [N, 3, H, W] -> the final logits [N, 1, H, W]."""
        pyramids = []
        for branch, seen in ((self.ImageBone, image), (self.FlowBone, flow_image)):
            _, *features = branch.backbone_features(seen)
            pyramids.append([*features, branch.aspp(features[-1])])
        fused = [s + t for s, t in zip(*pyramids, strict=True)]
        final = self.last_conv(self.aggregate(fused))
        return (resize(final, image.shape[-2:], align_corners=True),)


class FrameByFrame(ImageNetwork):
    """Ra: RCRNet on each frame of a clip by itself."""

    def forward(self, frames: Sequence[Tensor]) -> list[Tensor]:  # type: ignore[override]
        """T frames [B, 3, H, W] -> T logits [B, 1, H, W]."""
        maps: Tensor = self.backbone(torch.cat(list(frames)))
        return list(maps.chunk(len(frames)))


@dataclass(frozen=True)
class Variant:
    """A row of the table: ``name`` of its files, its label in the paper, its network; ``card`` and ``layout`` say how
    it runs."""

    name: str
    label: str
    build: Callable[[], nn.Module]
    card: TargetCard
    layout: Layout = "batch"


VARIANTS = {
    "dsnet": (
        Variant("dsnet-m1", "M1", Summed, dsnet.CARD),
        Variant("dsnet", "M5", DSNetwork, dsnet.CARD),
    ),
    "rcrnet": (
        Variant("rcrnet-ra", "Ra", FrameByFrame, rcrnet.CARD, "list"),
        *(
            Variant(f"rcrnet-r{n}", f"R{n}", partial(build_network, f"video-{n}"), rcrnet.CARD, "list")
            for n in ("b", "c", "d")
        ),
        Variant("rcrnet", "Re", VideoNetwork, rcrnet.CARD, "list"),
    ),
}


@dataclass
class Row:
    """What became of a variant."""

    label: str
    parameters: int
    seconds: float
    """Processor time of its training."""
    loss: float
    """Mean over the last tenth of the steps."""
    scores: dict[str, Evaluation] = field(default_factory=dict)
    """``held out`` and ``test``."""


def forward_flow(estimator: FlowEstimator, frames: Frames) -> FlowField:
    """``float32[T, h, w, 2]`` of T >= 2 frames at LONG_SIDE: t to t+1, the last reversed from T-1 to T-2."""
    height, width = frames.shape[1:3]
    scale = min(1.0, LONG_SIDE / max(height, width))
    small = resize_frames(frames, (round(height * scale), round(width * scale)))
    there = pair_flow(estimator, small[:-1], small[1:], "flow")
    return np.concatenate([there, -pair_flow(estimator, small[-1:], small[-2:-1], "flow")])


@dataclass(frozen=True)
class Moving:
    """Labelled frames with flow, small: ``frames uint8[N, s, s, 3]``, ``flow float16[N, s, s, 2]``, ``truth uint8[N, s,
    s]``."""

    frames: NDArray[np.uint8]
    flow: NDArray[np.float16]
    truth: NDArray[np.uint8]


def read_moving(videos: Sequence[VideoFiles], size: int, estimator: FlowEstimator) -> Moving:
    """Every labelled frame, ``size`` px square, with its flow; a file is read once and flow estimated once."""

    def small(values: NDArray[Any]) -> NDArray[Any]:
        return training_resize(values, size)

    frames, flows, truths = [], [], []
    for video in videos:
        full = np.stack([read_image(path) for path in video.frames])
        flow = forward_flow(estimator, full)
        for t in video.labelled:
            mask = video.masks[t]
            assert mask is not None
            frames.append(small(full[t]))
            flows.append(small(flow[t]).astype(np.float16))
            truths.append(small(read_grey(mask)))
    return Moving(np.stack(frames), np.stack(flows), np.stack(truths))


def training_resize(values: NDArray[Any], size: int) -> NDArray[Any]:
    """``[H, W]`` or ``[H, W, C]`` at ``size`` px square, areas averaged."""
    import cv2

    return np.asarray(cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA))


def moving_batch(data: Moving, indices: Sequence[int], size: int, rng: np.random.Generator) -> Batch:
    """Crops of three quarters of each side or more, half of them mirrored (their flow too), ``size`` px square."""
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    side = data.truth.shape[1]
    for i in indices:
        h, w = (int(n) for n in rng.integers(round(side * 0.75), side + 1, 2))
        y, x = int(rng.integers(side - h + 1)), int(rng.integers(side - w + 1))
        frame, truth = data.frames[i, y : y + h, x : x + w], data.truth[i, y : y + h, x : x + w]
        flow = data.flow[i, y : y + h, x : x + w].astype(np.float32)
        if rng.random() < 0.5:
            frame, truth, flow = frame[:, ::-1], truth[:, ::-1], flow[:, ::-1] * np.array([-1, 1], np.float32)
        seen = normalised(scaled(np.ascontiguousarray(frame), size))
        motion = normalised(scaled(flow_image(flow), size))
        parts.append((seen, motion, scaled(np.ascontiguousarray(truth), size)))
    frames, flows, truths = (torch.stack(part) for part in zip(*parts, strict=True))
    return {"frames": frames, "flow": flows, "truth": truths}


@dataclass(frozen=True)
class Budget:
    """How a stage is trained: Adam at a rate that rises over a twentieth of the steps and falls to zero by a cosine."""

    steps: int
    rate: float
    weight_decay: float = 0.0
    bfloat16: bool = False


def fit(
    network: nn.Module,
    budget: Budget,
    batch: Callable[[int], Batch],
    loss: Callable[[nn.Module, Batch], Tensor],
    folder: Path,
    say: Say,
) -> tuple[float, float]:
    """Train ``network`` in place; returns (processor seconds, mean loss over the last tenth of the steps)."""
    losses: list[float] = []

    def measured(inner: nn.Module, values: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=budget.bfloat16):
            value = loss(inner, values)
        losses.append(float(value.detach()))
        return value

    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
    optimizer = torch.optim.Adam(network.parameters(), lr=budget.rate, weight_decay=budget.weight_decay, fused=True)
    started = time.process_time()
    loop = Loop(
        network, optimizer, Schedule(budget.steps, warmup=max(1, budget.steps // 20)), batch, measured, folder, say,
        average=0.0, every=budget.steps + 1,
    )  # fmt: skip
    network.load_state_dict(loop.run())
    loop.checkpoint.unlink()  # several times the weights, and a bounded training is short
    return time.process_time() - started, float(np.mean(losses[-max(1, budget.steps // 10) :]))


def write_maps(network: nn.Module, variant: Variant, root: Path, out: Path, size: int, only: Sequence[str]) -> None:
    """The network's maps of every frame of those sequences (all if none is named) below ``out``."""
    card = replace(variant.card, input_size=(size, size))
    target = NetworkTarget(network, card, Request(), layout=variant.layout)
    estimator = dis()
    for source in open_inputs([root]):
        if only and source.name not in only:
            continue
        read = list(source.frames())
        clip = Clip(np.stack([f.image for f in read]), tuple(f.name for f in read), source.name)
        if card.needs_flow:
            clip = replace(clip, flow=forward_flow(estimator, clip.frames))
        maps = run_target(target, card, clip, variant.name)
        (out / source.name).mkdir(parents=True, exist_ok=True)
        for name, one in zip(clip.names, maps, strict=True):
            write_png(out / source.name / f"{name}.png", np.rint(one * 255).astype(np.uint8))


def dis() -> FlowEstimator:
    """The default estimator."""
    estimator: FlowEstimator = Registry.load().build("flows", "dis", Request())[0]
    return estimator


def once(
    options: argparse.Namespace,
    variant: Variant,
    prepare: Callable[[nn.Module], None],
    budget: Budget,
    batch: Callable[[int], Batch],
    loss: Callable[[nn.Module, Batch], Tensor],
    say: Say,
) -> tuple[Row, nn.Module]:
    """A variant trained and kept in OUT, or with --reuse the one that is kept there."""
    file, note = options.out / f"{variant.name}.safetensors", options.out / f"{variant.name}.json"
    torch.manual_seed(options.seed)  # both of a pair start alike wherever they have the same parts
    network = variant.build()
    if options.reuse and file.exists() and note.exists():
        say(f"{variant.name}: trained before")
        network.load_state_dict(load_file(file))
        return Row(variant.label, **json.loads(note.read_text(encoding="utf-8"))), network
    say(f"\n{variant.name}: {budget.steps} steps, rate {budget.rate:g}")
    prepare(network)
    torch.manual_seed(options.seed)  # dropout
    seconds, last = fit(network, budget, batch, loss, options.out / variant.name, say)
    moved = sum(p.numel() for p in network.parameters() if p.grad is not None)
    kept = {"parameters": moved, "seconds": seconds, "loss": last}
    say(f"{variant.name}: {seconds:.0f} s of processor time, loss {last:.4f}")
    save(network, file)
    note.write_text(json.dumps(kept) + "\n", encoding="utf-8")
    return Row(variant.label, moved, seconds, last), network


def train_dsnet(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> list[tuple[Row, nn.Module]]:
    """M1 and M5 on the same batches."""
    order = Shuffled(sum(len(video.labelled) for video in videos), options.batch, options.seed)

    @cache
    def data() -> Moving:
        return read_moving(videos, round(options.size * 1.25), dis())

    def batch(step: int) -> Batch:
        return moving_batch(data(), order.at(step), options.size, np.random.default_rng([options.seed, step]))

    def prepare(network: nn.Module) -> None:
        state = imagenet_weights(options.imagenet, "resnet34")
        for branch in ("ImageBone", "FlowBone") if state is not None else ():
            fill_encoder(network.get_submodule(f"{branch}.backbone_features"), dict(state or {}))
        network.train()

    budget = Budget(options.steps, options.rate, training_dsnet.DSNetSettings.weight_decay, options.bfloat16)
    rows = chosen(options)
    return [once(options, variant, prepare, budget, batch, training_dsnet.loss, say) for variant in rows]


def train_rcrnet(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> list[tuple[Row, nn.Module]]:
    """The image stage once, then the variants on the same clips."""
    return clip_stage(options, videos, image_stage(options, videos, say), chosen(options), say)


def clip_stage(
    options: argparse.Namespace,
    videos: Sequence[VideoFiles],
    start: dict[str, Tensor],
    rows: Sequence[Variant],
    say: Say,
) -> list[tuple[Row, nn.Module]]:
    """The variants of ``rows`` on the same clips, each from the image network ``start``."""
    clips = [(video, clip) for video in videos for clip in windows(video.labelled, options.clip, options.clip - 1)]
    order = Shuffled(len(clips), options.clips, options.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([options.seed, 2, step])
        samples = []
        for i in order.at(step):
            video, indices = clips[i]
            in_time = indices[::-1] if rng.random() < 0.5 else indices
            masks = [video.masks[t] for t in in_time]
            pairs = [(video.frames[t], mask) for t, mask in zip(in_time, masks, strict=True) if mask is not None]
            samples.append(zip(*(labelled_image(*pair, options.size) for pair in pairs), strict=True))
        frames, truths = zip(*((torch.stack(f), torch.stack(t)) for f, t in samples), strict=True)
        return {"frames": torch.stack(frames), "truth": torch.stack(truths)}

    def prepare(network: nn.Module) -> None:
        network.get_submodule("backbone").load_state_dict(start)
        freeze_batch_norm(network.train())

    budget = Budget(options.steps, options.rate, bfloat16=options.bfloat16)
    return [once(options, variant, prepare, budget, batch, training_rcrnet.clip_loss, say) for variant in rows]


def image_stage(options: argparse.Namespace, videos: Sequence[VideoFiles], say: Say) -> dict[str, Tensor]:
    """RCRNet on single frames: its weights, trained or with --reuse those kept in OUT."""
    file = options.out / "rcrnet-image.safetensors"
    torch.manual_seed(options.seed)
    network = ImageNetwork().train()
    if options.reuse and file.exists():
        say(f"image stage: {file.name}, trained before")
        network.load_state_dict(load_file(file))
        return network.backbone.state_dict()
    state = imagenet_weights(options.imagenet, "resnet50")
    if state is not None:
        fill_encoder(network.backbone.resnet, state)
    pairs = [(frame, mask) for v in videos for frame, mask in zip(v.frames, v.masks, strict=True) if mask is not None]
    order = Shuffled(len(pairs), options.batch, options.seed)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([options.seed, 1, step])
        samples = [training_rcrnet.augmented(*pairs[i], options.image_size, rng) for i in order.at(step)]
        return {"frames": torch.stack([s[0] for s in samples]), "truth": torch.stack([s[1] for s in samples])}

    say(f"\nimage stage: {len(pairs)} frames, {options.image_steps} steps of {options.batch}, {options.image_size} px")
    budget = Budget(options.image_steps, options.image_rate, bfloat16=options.bfloat16)
    seconds, loss = fit(network, budget, batch, training_rcrnet.image_loss, options.out / "rcrnet-image", say)
    say(f"image stage: {seconds:.0f} s of processor time, loss {loss:.4f}")
    save(network, file)
    return network.backbone.state_dict()


def save(network: nn.Module, file: Path) -> None:
    """Write the weights as safetensors."""
    save_file({name: value.detach().contiguous() for name, value in network.state_dict().items()}, file)


def chosen(options: argparse.Namespace) -> list[Variant]:
    """The variants asked for."""
    return [v for v in VARIANTS[options.network] if not options.variants or v.label in options.variants]


def report(rows: Sequence[Row], say: Say) -> None:
    """Say the table."""
    for where in dict.fromkeys(place for row in rows for place in row.scores):
        say(f"\n{where:12}" + "".join(f"{key:>7}" for key in SHOWN) + "   params  train s   loss")
        for row in rows:
            figures = row.scores[where].mean
            cells = "".join(f"{figures[key]:7.3f}" for key in SHOWN)
            say(f"{row.label:12}{cells}{row.parameters / 1e6:8.1f}M{row.seconds:9.0f}{row.loss:7.3f}")


def as_json(rows: Sequence[Row], options: argparse.Namespace) -> dict[str, Any]:
    """Everything measured, with what was asked."""
    table = {}
    for row in rows:
        entry: dict[str, Any] = {"parameters": row.parameters, "seconds": row.seconds, "loss": row.loss}
        for where, score in row.scores.items():
            sequences = {s.name: dict(s.figures) for s in score.sequences}
            entry[where] = {"mean": dict(score.mean), "sequences": sequences}
        table[row.label] = entry
    return {"asked": {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}, "rows": table}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(VARIANTS))
    parser.add_argument("data", type=Path, metavar="DAVIS-TRAIN", help="DAVIS-like root to train on")
    parser.add_argument("--test", type=Path, metavar="DAVIS", help="root to score on in the end")
    parser.add_argument("--without", nargs="*", default=VALIDATION.split(","), help="sequences held out of training")
    parser.add_argument("--variants", nargs="*", metavar="LABEL", help="only these rows (M1 M5, Ra Rb Rc Rd Re)")
    parser.add_argument("--size", type=int, default=128, help="px, square, of training and test")
    parser.add_argument("--steps", type=int, default=500, help="rcrnet: of the clip stage")
    parser.add_argument("--batch", type=int, default=8, help="frames a step; rcrnet: of the image stage")
    parser.add_argument("--rate", type=float, help="default: dsnet 5e-4, rcrnet's clip stage 1e-4")
    parser.add_argument("--image-steps", type=int, default=400)
    parser.add_argument("--image-rate", type=float, default=5e-4)
    parser.add_argument("--image-size", type=int, help="px, square, of rcrnet's image stage (default: --size)")
    parser.add_argument("--clip", type=int, default=4, help="frames a clip")
    parser.add_argument("--clips", type=int, default=2, help="clips a step")
    parser.add_argument("--reuse", action="store_true", help="take what OUT holds as trained")
    parser.add_argument("--imagenet", default="none", help="torchvision's file for the encoders, download, or none")
    parser.add_argument("--bfloat16", action="store_true", help="train in bfloat16; AVX-512 or AMX only")
    parser.add_argument("--step", type=int, default=1, help="score every n-th frame")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/targets"))
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    options = parser.parse_args(arguments)
    options.image_size = options.image_size or options.size
    if options.rate is None:
        options.rate = {"dsnet": 5e-4, "rcrnet": 1e-4}[options.network]
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)

    def say(line: str) -> None:
        print(line, flush=True)

    files = list_files([options.data])
    videos = [video for video in files.videos if video.name not in options.without]
    held_out = [video.name for video in files.videos if video.name in options.without]
    say(f"{options.network}: trained on {len(videos)} sequences, held out: {', '.join(held_out) or 'none'}")
    train = train_dsnet if options.network == "dsnet" else train_rcrnet
    made = train(options, videos, say)
    for (row, network), variant in zip(made, chosen(options), strict=True):
        maps = options.out / variant.name
        for where, root, only in (("held out", options.data, held_out), ("test", options.test, [])):
            if root is not None and (only or where == "test"):
                write_maps(network, variant, root, maps, options.size, only)
                row.scores[where] = evaluate(root, maps, step=options.step, only=only or None)
    rows = [row for row, _ in made]
    report(rows, say)
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, options), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
