"""What ``soak.py`` does to files: bits, numbers, cuts, joins, and words of texts; all by a seeded generator."""

from __future__ import annotations

import random
import re
import zlib


def mutated(data: bytes, rng: random.Random, text: bool, others: tuple[bytes, ...]) -> bytes:
    """Return the file with one to four things wrong with it."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change = rng.choice(TEXT if text and rng.random() < 0.7 else BINARY)
        data = change(data, rng, rng.choice(others))
    return _with_sums(data) if data[:4] == b"\x89PNG" and rng.random() < 0.7 else data


def _place(data: bytes, rng: random.Random) -> int:
    """Where to change it: half of the time in what is likely a header."""
    return rng.randrange(max(1, min(len(data), 300 if rng.random() < 0.5 else 1 << 40)))


def _flip(data: bytes, rng: random.Random, other: bytes) -> bytes:
    found = bytearray(data or b"\0")
    found[_place(data, rng)] ^= 1 << rng.randrange(8)
    return bytes(found)


def _number(data: bytes, rng: random.Random, other: bytes) -> bytes:
    place, size = _place(data, rng), rng.choice((1, 2, 4, 8))
    value = rng.choice((0, 1, -1, 1 << 8 * size - 1, (1 << 8 * size - 1) - 1, rng.getrandbits(8 * size)))
    order = rng.choice(("little", "big"))
    return data[:place] + (value % (1 << 8 * size)).to_bytes(size, order) + data[place + size :]  # type: ignore[arg-type]


def _cut(data: bytes, rng: random.Random, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _fill(data: bytes, rng: random.Random, other: bytes) -> bytes:
    place, size = _place(data, rng), rng.choice((4, 16, 64, 400))
    filled = rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))
    return data[:place] + filled + data[place + (size if rng.random() < 0.7 else 0) :]


def _leave_out(data: bytes, rng: random.Random, other: bytes) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place + rng.choice((1, 2, 4, 8, 64, 400)) :]


def _repeat(data: bytes, rng: random.Random, other: bytes) -> bytes:
    place, size = _place(data, rng), rng.choice((1, 4, 32, 400))
    return data[:place] + data[place : place + size] * rng.choice((2, 3, 50)) + data[place + size :]


def _join(data: bytes, rng: random.Random, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


WORDS = (
    "-1", "0", "1e999", "nan", "inf", "-inf", "99999999999999999999", "1" * 5000, "1.5", "true", "null",
    '""', "[]", "{}",
    "[[[]]]", '"\\u0000"', "'", '"', "\0", "\r", "\n", ",", "=", "..", "../../x", "/etc/passwd", "\ud7ff", "é" * 300,
    "[" * 3000, '{"a":' * 2000, "1979-05-27", '"a\\nb"', "x" * 200_000, "\ufeff",
)  # fmt: skip


def _word(data: bytes, rng: random.Random, other: bytes) -> bytes:
    """Put something else in the place of a number, word or sign."""
    found = list(re.finditer(rb'"[^"\n]*"|[\w.+-]+|[^\w\s]', data))
    if not found:
        return data
    match = rng.choice(found)
    return data[: match.start()] + rng.choice(WORDS).encode("utf-8", "surrogatepass") + data[match.end() :]


def _line(data: bytes, rng: random.Random, other: bytes) -> bytes:
    lines = data.split(b"\n")
    place = rng.randrange(len(lines))
    lines[place : place + 1] = rng.choice(([], [lines[place]] * 2, [b""], [rng.choice(other.split(b"\n"))]))
    return b"\n".join(lines)


BINARY = (_flip, _flip, _number, _number, _cut, _fill, _leave_out, _repeat, _join)
TEXT = (_word, _word, _word, _line)


def _with_sums(data: bytes) -> bytes:
    """A PNG whose chunks have right checksums, as far as their lengths lead."""
    found, place = bytearray(data), 8
    while place + 12 <= len(found):
        length = int.from_bytes(found[place : place + 4], "big")
        if place + 12 + length > len(found):
            break
        found[place + 8 + length : place + 12 + length] = zlib.crc32(found[place + 4 : place + 8 + length]).to_bytes(
            4, "big"
        )
        place += 12 + length
    return bytes(found)
