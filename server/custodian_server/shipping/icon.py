"""The icon, drawn: three lines that come together in one, on a rounded square."""

import struct
import zlib
from functools import cache
from math import hypot, sqrt

SIZE = 512
_GROUND, _LINE = (27, 58, 75), (244, 241, 222)
_CLEAR = bytes(4)
_CORNER, _THICK = 0.18, 0.035
#: where each line begins, where they are one, and where the one ends
_STARTS, _LEFT, _MET, _RIGHT = (0.26, 0.5, 0.74), 0.25, 0.61, 0.74
#: of the dots where they begin and end
_SMALL, _LARGE = 0.075, 0.115
_MAGIC = b"\x89PNG\r\n\x1a\n"


@cache
def png() -> bytes:
    """The icon as a PNG."""
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    packed = zlib.compress(_pixels(), 9)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return _MAGIC + b"".join(_chunk(kind, data) for kind, data in chunks)


def same(one: bytes, other: bytes) -> bool:
    """Whether two of these show the same, however their zlib packed it."""
    return _unpacked(one) == _unpacked(other)


def _unpacked(made: bytes) -> bytes:
    start = made.index(b"IDAT")
    (size,) = struct.unpack(">I", made[start - 4 : start])
    return made[: start - 4] + zlib.decompress(made[start + 4 : start + 4 + size])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels() -> bytes:
    """Row by row; the lower half mirrors the upper."""
    at = [(each + 0.5) / SIZE for each in range(SIZE)]
    upper = [b"\0" + b"".join(_pixel(x, y) for x in at) for y in at[: SIZE // 2]]
    return b"".join([*upper, *reversed(upper)])


def _pixel(x: float, y: float) -> bytes:
    """The colour at a point of the square from 0 to 1; what an edge crosses is mixed."""
    alpha = _covered(_to_square(x, y))
    if not alpha:
        return _CLEAR
    line = _covered(_to_line(x, y))
    mixed = (round(g + (f - g) * line) for g, f in zip(_GROUND, _LINE, strict=True))
    return bytes((*mixed, round(255 * alpha)))


def _covered(distance: float) -> float:
    return min(1.0, max(0.0, 0.5 - distance * SIZE))


def _to_square(x: float, y: float) -> float:
    """How far it is to the rounded square; within it the distance is negative."""
    beyond = (abs(each - 0.5) - (0.5 - _CORNER) for each in (x, y))
    return hypot(*(max(0.0, each) for each in beyond)) - _CORNER


def _to_line(x: float, y: float) -> float:
    """How far it is to the nearest dot or line."""
    near = min(hypot(x - _LEFT, y - start) for start in _STARTS) - _SMALL
    near = min(near, hypot(x - _RIGHT, y - 0.5) - _LARGE)
    if not _LEFT <= x <= _RIGHT:
        return near
    way = min(1.0, (x - _LEFT) / (_MET - _LEFT))
    bent, steep = way * way * (3 - 2 * way), 6 * way * (1 - way) / (_MET - _LEFT)
    for start in _STARTS:
        rise = 0.5 - start
        away = abs(y - start - rise * bent) / sqrt(1 + (rise * steep) ** 2)
        near = min(near, away - _THICK)
    return near
