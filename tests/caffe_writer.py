"""A tiny protobuf writer that makes .caffemodel files for tests, in the current and in the V1 format."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, content: bytes | int) -> bytes:
    """A length-delimited field, or a varint one where ``content`` is an int."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array: np.ndarray, *, legacy: bool = False, packed: bool = True, double: bool = False) -> bytes:
    if legacy:
        four = (1,) * (4 - array.ndim) + array.shape
        shape = b"".join(field(i, n) for i, n in enumerate(four, 1))
    elif packed:
        shape = field(7, field(1, b"".join(varint(n) for n in array.shape)))
    else:
        shape = field(7, b"".join(field(1, n) for n in array.shape))
    if double:
        return shape + field(8, array.astype("<f8").tobytes())
    if packed:
        return shape + field(5, array.astype("<f4").tobytes())
    return shape + b"".join(varint(5 << 3 | 5) + struct.pack("<f", x) for x in array.ravel())


def caffemodel(blobs: Mapping[str, np.ndarray], *, v1: bool = False, **how: bool) -> bytes:
    """A NetParameter with these ``{"layer/index": array}`` blobs, and fields around them that a reader must skip."""
    layers: dict[str, list[np.ndarray]] = {}
    for name, array in blobs.items():
        layers.setdefault(name.rpartition("/")[0], []).append(array)
    parts = [field(1, b"a net"), field(2 if not v1 else 100, b"")]
    number, name_field, blobs_field = (2, 4, 6) if v1 else (100, 1, 7)
    for layer, arrays in layers.items():
        content = [field(name_field, layer.encode()), field(2 if not v1 else 5, b"Convolution" if not v1 else 4)]
        content += [field(3, b"bottom"), *(field(blobs_field, blob(a, legacy=v1, **how)) for a in arrays)]
        content.append(varint(9 << 3 | 5) + struct.pack("<f", 1.0))
        parts.append(field(number, b"".join(content)))
    return b"".join([*parts, field(number, field(name_field, b"a layer without weights"))])
