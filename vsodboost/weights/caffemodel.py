"""Read the weights in a Caffe model file (.caffemodel) without Caffe and without a protobuf library.

The file is one protobuf message NetParameter (BVLC's caffe.proto). Only what holds weights is looked at: the layers
(field 100, or 2 in files of the V1 format), in a layer its name (1; V1: 4) and blobs (7; V1: 6), in a blob its shape
(7, or the legacy num, channels, height, width in 1 to 4) and data (5 as floats, 8 as doubles). All else is skipped.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vsodboost.data.errors import WeightsError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Field = tuple[int, int, int | memoryview]
"""Field number, wire type, and an integer (VARINT) or the raw bytes."""


def read_caffemodel(path: Path) -> dict[str, NDArray[np.float32]]:
    """All blobs of a .caffemodel as ``{"layer/index": float32 array}``, in the file's order.

    Raises WeightsError when the file is not such a message, is cut off, or holds no weights.
    """
    try:
        blobs = read_blobs(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path}: not a whole .caffemodel ({error}); download it again") from None
    if not blobs:
        raise WeightsError(f"{path}: no layer with weights in it; is this a .caffemodel?")
    return blobs


def read_blobs(message: bytes) -> dict[str, NDArray[np.float32]]:
    """The blobs of a NetParameter message; raises ValueError when the bytes are not one."""
    blobs: dict[str, NDArray[np.float32]] = {}
    for number, wire, value in fields(memoryview(message)):
        if wire == BYTES and number in (2, 100) and isinstance(value, memoryview):
            name_field, blobs_field = (1, 7) if number == 100 else (4, 6)
            name, found = "", []
            for inner, inner_wire, content in fields(value):
                if inner_wire == BYTES and isinstance(content, memoryview):
                    if inner == name_field:
                        name = bytes(content).decode()
                    elif inner == blobs_field:
                        found.append(_blob(content))
            blobs.update({f"{name}/{i}": blob for i, blob in enumerate(found)})
    return blobs


def _blob(message: memoryview) -> NDArray[np.float32]:
    shape: list[int] | None = None
    legacy: dict[int, int] = {}
    parts: list[NDArray[np.float32]] = []
    for number, wire, value in fields(message):
        if isinstance(value, int):
            if 1 <= number <= 4:
                legacy[number] = value
        elif number == 7 and wire == BYTES:
            shape = _dimensions(value)
        elif number in (5, 8):  # packed, or one number at a time
            single = "<f4" if number == 5 else "<f8"
            if wire not in (BYTES, FIXED32, FIXED64) or len(value) % int(single[2]):
                raise ValueError("blob data of an odd length")
            parts.append(np.frombuffer(value, dtype=single).astype(np.float32))
    if shape is None:
        shape = [legacy.get(i, 1) for i in range(1, 5)] if legacy else [sum(part.size for part in parts)]
    data = np.concatenate(parts) if parts else np.empty(0, np.float32)
    if data.size != prod(shape):
        raise ValueError(f"a blob of shape {tuple(shape)} holds {data.size} numbers")
    return data.reshape(shape)


def _dimensions(message: memoryview) -> list[int]:
    """BlobShape: repeated int64 dim = 1, packed or not."""
    dimensions: list[int] = []
    for number, _, value in fields(message):
        if number != 1:
            continue
        if isinstance(value, int):
            dimensions.append(value)
            continue
        at = 0
        while at < len(value):
            dimension, at = _varint(value, at)
            dimensions.append(dimension)
    return dimensions


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a protobuf message in order; raises ValueError at bytes that cannot be one."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ValueError("field number 0")
        if wire == VARINT:
            value, at = _varint(message, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            length, at = _varint(message, at)
        elif wire in (FIXED32, FIXED64):
            length = struct.calcsize("<f" if wire == FIXED32 else "<d")
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > len(message):
            raise ValueError("cut off in the middle of a field")
        yield number, wire, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            raise ValueError("cut off in the middle of a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than ten bytes")
