"""What a file holds, whatever it is packed in: told by its first bytes, not by its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path

PACKED = {
    b"\x1f\x8b": ("gzip", gzip.decompress),
    b"BZh": ("bz2", bz2.decompress),
    b"\xfd7zXZ\x00": ("xz", lzma.decompress),
    b"\x28\xb5\x2f\xfd": ("zstd", lambda data: _zstd(data)),
}
"""First bytes -> name of the packing, and how to unpack it."""
_JUNK = ("__MACOSX/", ".DS_Store")


def unpacked(path: Path) -> bytes:
    """The bytes of a file, taken out of gzip, bz2, xz, zstd or a zip of one file.

    Raises:
        ValueError: empty, damaged, or a zip that does not hold exactly one file.
    """
    data = path.read_bytes()
    for first, (name, unpack) in PACKED.items():
        if data.startswith(first):
            try:
                data = unpack(data)
            except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
                raise ValueError(
                    f"the {name} data are damaged or cut off; fetch it again"
                ) from None
    if data.startswith(b"PK"):
        data = _only_member(data)
    if not data.strip():
        raise ValueError("the file is empty")
    return data


def _zstd(data: bytes) -> bytes:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        return stream.read()


def members(path: Path) -> list[str]:
    """Names of the files in a zip; empty where it is none, or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if _counts(name)]
    except (zipfile.BadZipFile, OSError):
        return []


def _counts(name: str) -> bool:
    return not name.endswith("/") and not any(junk in name for junk in _JUNK)


def _only_member(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if _counts(name)]
            if len(names) == 1:
                return archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise ValueError("the zip is damaged or locked; fetch it again") from None
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    raise ValueError(f"the zip holds {len(names)} files ({shown}): unpack it and name what to read")
