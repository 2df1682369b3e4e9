"""Names that Hugging Face's ``SegformerModel`` gives the parts of a Mix Transformer, as SegFormer's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_STAGES = (
    (r"encoder\.patch_embeddings\.(\d)\.(proj|layer_norm)\b", "patch_embed{}.{}"),
    (r"encoder\.block\.(\d)\.(\d+)\b", "block{}.{}"),
    (r"encoder\.layer_norm\.(\d)\.(weight|bias)$", "norm{}.{}"),
)
"""Parts that are counted from 0 there and from 1 here."""
_PARTS = {
    ".layer_norm_1.": ".norm1.",
    ".layer_norm_2.": ".norm2.",
    ".attention.self.query.": ".attn.q.",
    ".attention.self.sr.": ".attn.sr.",
    ".attention.self.layer_norm.": ".attn.norm.",
    ".attention.output.dense.": ".attn.proj.",
    ".dense1.": ".fc1.",
    ".dense2.": ".fc2.",
    ".layer_norm.": ".norm.",
}
_KEY, _VALUE, _BOTH = ".attention.self.key.", ".attention.self.value.", ".attn.kv."


def authors_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``tensors`` under SegFormer's names, each pair of keys and values joined; other names stay as they are."""
    import torch

    renamed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        other = name.replace(_KEY, _VALUE)
        if other != name and other in tensors:
            renamed[_authors_name(name.replace(_KEY, _BOTH))] = torch.cat([tensor, tensors[other]])
        elif name.replace(_VALUE, _KEY) == name or name.replace(_VALUE, _KEY) not in tensors:
            renamed[_authors_name(name)] = tensor
    return renamed


def _authors_name(name: str) -> str:
    for pattern, form in _STAGES:
        name = re.sub(pattern, lambda m, form=form: form.format(int(m[1]) + 1, m[2]), name)  # type: ignore[misc]
    for theirs, ours in _PARTS.items():
        name = name.replace(theirs, ours)
    return name
