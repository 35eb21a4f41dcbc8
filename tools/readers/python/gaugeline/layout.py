"""The frame of a snapshot file: header, row chunks, manifest, footer. Byte level: docs/formats.md."""

from __future__ import annotations

import struct
from typing import NamedTuple

import xxhash

from .errors import SnapshotError

VERSIONS = (1, 2)  # 2: the embeddings are not float32
HEADER_BYTES = FOOTER_BYTES = ALIGNMENT = 64
HEADER_MAGIC = b"gaugesnp"
FOOTER_MAGIC = b"gaugeend"
CHECKED_FOOTER_BYTES = 56  # the footer's checksum is over these, and behind them
FOOTER = struct.Struct("<8sIIQQQ16xQ")


class Footer(NamedTuple):
    manifest_offset: int
    manifest_bytes: int
    manifest_checksum: int
    checksum: int  # the snapshot's


def checksum(data: memoryview) -> int:
    """XXH3, 64 bits, seed 0."""
    return xxhash.xxh3_64_intdigest(data)


def aligned_up(offset: int) -> int:
    return (offset + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def require_zero(file: memoryview, begin: int, end: int, what: str) -> None:
    if any(file[begin:end]):
        raise SnapshotError(f"{what} not zero")


def check_header(file: memoryview) -> int:
    """Returns the version, which footer and manifest repeat."""
    if bytes(file[: len(HEADER_MAGIC)]) != HEADER_MAGIC:
        raise SnapshotError('is not a snapshot: it does not begin with "gaugesnp"')
    if len(file) < HEADER_BYTES + FOOTER_BYTES:
        raise SnapshotError(f"is cut off: {len(file)} bytes are less than a header and a footer")
    (version,) = struct.unpack_from("<I", file, 8)
    if version not in VERSIONS:
        known = " and ".join(map(str, VERSIONS))
        raise SnapshotError(f"is a snapshot of format version {version}, but this program reads {known}")
    require_zero(file, 12, HEADER_BYTES, "offset 12: the reserved bytes of the header are")
    return version


def read_footer(file: memoryview, expected_version: int) -> Footer:
    """The footer of a file whose header was checked; its manifest lies between the two."""
    place = len(file) - FOOTER_BYTES
    magic, version, reserved, *fields = FOOTER.unpack_from(file, place)
    footer = Footer(*fields)
    if magic != FOOTER_MAGIC:
        raise SnapshotError(f"offset {place}: there is no footer: the file is cut off or has grown")
    if checksum(file[place : place + CHECKED_FOOTER_BYTES]) != footer.checksum:
        raise SnapshotError(f"offset {place}: the footer is damaged")
    end = footer.manifest_offset + footer.manifest_bytes
    if footer.manifest_offset % ALIGNMENT != 0 or footer.manifest_offset < HEADER_BYTES or aligned_up(end) != place:
        raise SnapshotError(
            f"offset {place}: the footer says that the manifest has {footer.manifest_bytes} bytes at offset "
            f"{footer.manifest_offset}, which do not end at the footer"
        )
    require_zero(file, end, place, "the padding before the footer is")
    if version != expected_version or reserved != 0 or any(file[place + 40 : place + CHECKED_FOOTER_BYTES]):
        raise SnapshotError(f"offset {place}: the footer's version or reserved bytes are not as they should be")
    return footer
