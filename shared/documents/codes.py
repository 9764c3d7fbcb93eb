"""The QR code of a document, as modules and as a picture."""

import struct
import zlib
from functools import lru_cache

import segno

_SCALE = 6
"""Dots of the picture a module."""


@lru_cache(maxsize=16)
def modules(address: str) -> tuple[tuple[bool, ...], ...]:
    """The dark and light modules of the code that leads to an address, row by row."""
    # Readers take any of the eight masks. To look for the one with the fewest blots is half of the
    # work of a page, and what is drawn here is twenty millimetres of clean print.
    code = segno.make(address, error="m", micro=False, mask=0)
    return tuple(tuple(map(bool, row)) for row in code.matrix)


def picture(rows: tuple[tuple[bool, ...], ...]) -> bytes:
    """Modules as a PNG in black and white, with one module's room around."""
    side = (len(rows) + 2) * _SCALE
    blank = b"\x00" + b"\xff" * (-(-side // 8))
    lines = [blank * _SCALE]
    for row in rows:
        dots = "".join(("0" if dark else "1") * _SCALE for dark in (False, *row, False))
        packed = int(dots.ljust(-(-side // 8) * 8, "1"), 2).to_bytes(-(-side // 8), "big")
        lines.append((b"\x00" + packed) * _SCALE)
    lines.append(blank * _SCALE)
    return png(side, side, b"".join(lines))


def png(width: int, height: int, lines: bytes) -> bytes:
    """A PNG of one bit a dot (1 is white); each line begins with its filter, 0."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(told)) + name + told + struct.pack(">I", zlib.crc32(name + told))
        for name, told in chunks
    )
