"""The IDX file format: arrays of unsigned bytes behind a header, plain or compressed with gzip.

A file is a magic number, the size of each dimension, and the data, last dimension fastest. Every number of the header
has four bytes, most significant first; the magic number is 0x0800 for unsigned bytes plus the number of dimensions.
Source: Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from autograd.errors import DataError

_UNSIGNED_BYTES = 0x0800
_GZIP_BEGINS = b"\x1f\x8b"
_CHUNK = 1 << 20  # bytes read at a time, so that a header which claims too much costs no memory


def read_idx(path: str | Path, dimensions: int, md5: str | None = None) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes with so many dimensions; gzip is recognised by its first bytes.

    DataError names the file, what was found and what was expected: another magic number, too few or too many bytes,
    damaged gzip data, or, where `md5` is given, another digest of the unpacked file.
    """
    try:
        with _unpacked(Path(path)) as file:
            header = file.read(4 + 4 * dimensions)
            shape = _shape(path, header, dimensions)
            data = _exactly(path, file, math.prod(shape), len(header))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip data are damaged ({error}). Get the file again.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    if md5 is not None:
        digest = hashlib.md5(header, usedforsecurity=False)
        digest.update(data)
        if digest.hexdigest() != md5:
            raise DataError(f"{path}: the MD5 digest of the unpacked file is {digest.hexdigest()}, expected {md5}")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def _unpacked(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_BEGINS
    return cast(IO[bytes], gzip.open(path)) if compressed else path.open("rb")


def _shape(path: str | Path, header: bytes, dimensions: int) -> list[int]:
    """The sizes in the header."""
    expected, length = _UNSIGNED_BYTES + dimensions, 4 + 4 * dimensions
    magic = int.from_bytes(header[:4], "big")
    if len(header) >= 4 and magic != expected:
        raise DataError(
            f"{path}: begins with the magic number 0x{magic:08x}, expected 0x{expected:08x} for unsigned bytes in "
            f"{dimensions} dimension{'s' if dimensions > 1 else ''}"
        )
    if len(header) < length:
        raise DataError(f"{path}: ends after {len(header)} bytes, expected a header of {length}")
    return [int.from_bytes(header[at : at + 4], "big") for at in range(4, length, 4)]


def _exactly(path: str | Path, file: IO[bytes], count: int, before: int) -> bytearray:
    """The rest of the file, which must have `count` bytes. gzip compares its checksum only at the end of the file."""
    data = bytearray()
    while len(data) <= count and (chunk := file.read(_CHUNK)):
        data += chunk
    if len(data) != count:
        found = f"only {len(data)}" if len(data) < count else "more"
        raise DataError(
            f"{path}: the header of {before} bytes announces {count} bytes of data, and {found} follow it. "
            "Get the file again."
        )
    return data
