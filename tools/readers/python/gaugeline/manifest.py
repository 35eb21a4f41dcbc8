"""The manifest of a snapshot: lineage, options, report, and where the rows lie (formats/schema/snapshot.fbs)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Union

import numpy as np

from .checked_table import checked, checked_root, column
from .errors import SnapshotError
from .formats.schema import Manifest as schema_manifest
from .formats.schema import Options as schema_options
from .formats.schema import Report as schema_report
from .formats.schema import Values as schema_values
from .layout import HEADER_BYTES, Footer, aligned_up, checksum

Fields = dict[str, Union[int, float]]  # by the schema's names

# The options in the order of the schema, each in its width: what options_digest is the checksum of. The last one,
# pass_slices, is not there if it is 0.
OPTIONS_FORMAT = struct.Struct("<3BQI5fd3If3If7IB2fIfI3fI")
MOST_DIMENSIONS = 1024
MOST_ROWS = 2**32 - 1
ITEMS, CONTEXTS = 0, 1
ENCODINGS = {"float32": 4, "bfloat16": 2, "int8": 1}  # bytes a number, in the order of their codes


@dataclass(frozen=True)
class Source:
    """How far a source has been read: the number of its last message that is in the snapshot."""

    name: str
    sequence: int


@dataclass(frozen=True)
class Summary:
    """What a snapshot says about itself. Options and report have the fields of Options and SliceReport in C++."""

    run: str
    program: str
    parent_checksum: int  # 0 for the first of a run
    smoothed: bool  # embeddings and precisions are told by later slices too
    encoding: str  # of embeddings in the file: "float32", "bfloat16" or "int8"
    checksum: int  # of the snapshot: stands for every byte of the file
    bytes: int  # of the file
    options: Fields
    options_digest: int
    report: Fields  # `begin` and `end` in microseconds since 1970
    sources: tuple[Source, ...]
    time_unit_seconds: float


@dataclass(frozen=True)
class ChunkPlace:
    """Where a chunk of rows lies in the file."""

    offset: int
    length: int
    checksum: int
    first_row: int
    row_count: int
    side: int


@dataclass(frozen=True)
class Manifest:
    summary: Summary
    places: tuple[ChunkPlace, ...]  # of items, then of contexts
    contexts_share_tokens: bool
    rotation: np.ndarray
    values: Fields
    canary_rows: np.ndarray
    canary_before: np.ndarray
    candidates: tuple[tuple[np.ndarray, np.ndarray], ...]  # hashes and counts, of items and of contexts


def read_manifest(data: memoryview, footer: Footer, file_bytes: int, version: int) -> Manifest:
    """Reads the manifest, whose checksum the caller has compared. Raises SnapshotError."""
    source = checked_root(schema_manifest.Manifest, data, b"GLSN")
    encoding = _encoding(source, version)
    run, program, options_table = source.Run(), source.Program(), source.Options()
    report_table, values_struct = source.Report(), source.Values()
    if None in (run, program, options_table, report_table, values_struct):
        raise SnapshotError("the run, the program, the options, the report or the values are missing")
    options = _fields(schema_options.OptionsT, options_table)
    options["pass_slices"] = options["pass_slices"] or 0
    packed = OPTIONS_FORMAT.pack(*options.values())
    digest = max(checksum(packed if options["pass_slices"] else packed[:-4]), 1)
    if source.OptionsDigest() not in (0, digest):
        raise SnapshotError("the options do not fit their digest")
    dimension = options["dimension"]
    if not 1 <= dimension <= MOST_DIMENSIONS:
        raise SnapshotError(f"options: dimension is {dimension}, not 1 to {MOST_DIMENSIONS}")
    places = _places(source)
    rows = _check_places(places, dimension * ENCODINGS[encoding], footer.manifest_offset)
    canary_rows, canary_before = _canaries(source, rows[ITEMS], dimension)
    rotation = column(source, "rotation", np.float64)
    if rotation.size != dimension * dimension:
        raise SnapshotError(f"rotation: {rotation.size} numbers are not {dimension} x {dimension}")
    return Manifest(
        summary=Summary(
            run=run.decode(errors="replace"),
            program=program.decode(errors="replace"),
            parent_checksum=source.ParentChecksum(),
            smoothed=source.Smoothed(),
            encoding=encoding,
            checksum=footer.checksum,
            bytes=file_bytes,
            options=options,
            options_digest=digest,
            report=_fields(schema_report.ReportT, report_table),
            sources=_sources(source),
            time_unit_seconds=source.TimeUnitSeconds(),
        ),
        places=places,
        contexts_share_tokens=source.ContextsShareTokens(),
        rotation=rotation.reshape(dimension, dimension),
        values=_fields(schema_values.ValuesT, values_struct),
        canary_rows=canary_rows,
        canary_before=canary_before,
        candidates=tuple(_candidates(source, side) for side in ("item", "context")),
    )


def split(data: np.ndarray, ends: np.ndarray) -> bool:
    """Whether the ends never fall and the last one is the number of bytes, so that a list of tokens can be read."""
    return bool(np.all(ends[1:] >= ends[:-1])) and (int(ends[-1]) if ends.size else 0) == data.size


def _encoding(source, version: int) -> str:
    if source.Version() != version:
        raise SnapshotError(f"format version {source.Version()}, but the header says {version}")
    code = source.Encoding() or 0
    if code >= len(ENCODINGS):
        raise SnapshotError(f"this program does not know encoding {code}")
    if (code == 0) != (version == 1):
        raise SnapshotError(f"encoding {code} in a file of format version {version}")
    return list(ENCODINGS)[code]


def _fields(object_type, accessor) -> Fields:
    """A table or struct by the schema's names, as flatc's object reads it."""
    unpacked = vars(object_type.InitFromObj(checked(accessor)))
    return {re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name): value for name, value in unpacked.items()}


def _places(source) -> tuple[ChunkPlace, ...]:
    places = []
    for index in range(source.ChunksLength()):
        chunk = checked(source.Chunks(index))
        if chunk.Reserved() != 0:
            raise SnapshotError(f"chunks[{index}]: the reserved bytes are not zero")
        places.append(
            ChunkPlace(
                chunk.Offset(), chunk.Length(), chunk.Checksum(), chunk.FirstRow(), chunk.RowCount(), chunk.Side()
            )
        )
    return tuple(places)


def _check_places(places: tuple[ChunkPlace, ...], embedding_bytes: int, manifest_offset: int) -> list[int]:
    """That the chunks cover the rows in order, and the bytes from header to manifest. Returns the rows of each side."""
    rows = [0, 0]
    offset, side = HEADER_BYTES, ITEMS
    for index, place in enumerate(places):
        if not side <= place.side <= CONTEXTS or place.first_row != rows[place.side]:
            raise SnapshotError(f"chunks[{index}]: row {place.first_row} of side {place.side} does not come here")
        side = place.side
        if place.offset != offset or place.length > manifest_offset - offset:
            raise SnapshotError(
                f"chunks[{index}]: {place.length} bytes at offset {place.offset} overlap something or leave a gap; "
                f"offset {offset} is due"
            )
        if place.row_count == 0 or place.row_count * embedding_bytes > place.length:
            raise SnapshotError(
                f"chunks[{index}]: {place.length} bytes cannot hold {place.row_count} rows of {embedding_bytes} bytes"
            )
        rows[side] += place.row_count
        if rows[side] >= MOST_ROWS:
            raise SnapshotError(f"chunks[{index}]: more than 2^32 rows")
        offset = aligned_up(offset + place.length)
    if offset != manifest_offset:
        raise SnapshotError(f"chunks: they end at offset {offset}, but the manifest begins at {manifest_offset}")
    return rows


def _canaries(source, items: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    rows, before = column(source, "canary_rows", np.uint32), column(source, "canary_before")
    if before.size != rows.size * dimension:
        raise SnapshotError(f"{before.size} numbers for {rows.size} canaries of dimension {dimension}")
    if np.any(rows[1:] <= rows[:-1]) or (rows.size and int(rows[-1]) >= items):
        raise SnapshotError(f"the canaries are not rising rows of {items}")
    return rows, before.reshape(rows.size, dimension)


def _candidates(source, side: str) -> tuple[np.ndarray, np.ndarray]:
    hashes = column(source, f"{side}_candidate_hashes", np.uint64)
    counts = column(source, f"{side}_candidate_counts")
    if hashes.size != counts.size:
        raise SnapshotError(f"{side}_candidate_counts has {counts.size} entries for {hashes.size} hashes")
    return hashes, counts


def _sources(source) -> tuple[Source, ...]:
    names = column(source, "source_name_bytes", np.uint8)
    ends = column(source, "source_name_ends", np.uint32)
    sequences = column(source, "source_sequences", np.uint64)
    if not split(names, ends) or ends.size != sequences.size:
        raise SnapshotError("the sources' names and sequence numbers do not fit each other")
    begins = [0, *ends[:-1].tolist()]
    return tuple(
        Source(names[begin:end].tobytes().decode(errors="surrogateescape"), sequence)
        for begin, end, sequence in zip(begins, ends.tolist(), sequences.tolist())
    )
