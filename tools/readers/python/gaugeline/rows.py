"""The tables of a snapshot: chunks of rows as views of the file (formats/schema/rows.fbs)."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import NamedTuple, Optional, Union

import numpy as np

from .checked_table import checked_root, column
from .errors import SnapshotError
from .formats.schema import Rows as schema_rows
from .manifest import ChunkPlace, Summary, split

Token = Union[str, bytes]
EMBEDDING_ALIGNMENT = 32
COLUMNS = (
    "precision",
    "diffusion",
    "count",
    "uses",
    "null_variance",
    "log_retention",
    "frequency",
    "gradient_energy",
)
# The columns of embeddings by encoding, with the place of their offset in the table's vtable.
STORED = {"float32": ("embeddings", 4), "bfloat16": ("embeddings_bfloat16", 42), "int8": ("embeddings_int8", 44)}
STORED_TYPES = {"float32": np.float32, "bfloat16": np.uint16, "int8": np.int8}
OPTIONAL_COLUMNS = ("offset", "offset_precision", "baseline_offset", "baseline_precision", "anchor_time")


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of one table. All fields are views of the file, with an entry a row."""

    first_row: int
    encoding: str  # "float32", "bfloat16" or "int8"
    stored: np.ndarray  # [rows, dimension]: float32; uint16, the upper halves of float32; or int8
    embedding_scale: np.ndarray  # what int8 is times; empty in other encodings
    precision: np.ndarray  # posterior, per coordinate
    diffusion: np.ndarray  # variance gained per coordinate and time unit
    count: np.ndarray  # observations, faded
    uses: np.ndarray  # in the last slice
    null_variance: np.ndarray
    log_retention: np.ndarray
    frequency: np.ndarray  # uses, faded: the lowest are replaced first
    gradient_energy: np.ndarray
    born: np.ndarray  # uint32; with the token, one life of a row
    offset: np.ndarray  # this and the next three: empty where the model has no offsets
    offset_precision: np.ndarray
    baseline_offset: np.ndarray
    baseline_precision: np.ndarray
    anchor: np.ndarray  # [rows, dimension]; empty, as the next, where the learner keeps no anchors
    anchor_time: np.ndarray
    token_data: np.ndarray  # uint8: token i is [token_ends[i-1], token_ends[i]); empty where the items' are used
    token_ends: np.ndarray
    token_order: np.ndarray  # the rows by rising token; empty in files of earlier programs

    @property
    def embeddings(self) -> np.ndarray:
        """[rows, dimension], float32: a view of the file if it stores that, else decoded anew."""
        return self._decoded(slice(None))

    def embedding(self, index: int) -> np.ndarray:
        """[dimension]: one of the embeddings."""
        return self._decoded(index)

    def _decoded(self, rows: Union[int, slice]) -> np.ndarray:
        stored = self.stored[rows]
        if self.encoding == "bfloat16":
            return (stored.astype(np.uint32) << 16).view(np.float32)
        if self.encoding == "int8":
            return stored.astype(np.float32) * self.embedding_scale[rows, np.newaxis]
        return stored

    @property
    def known(self) -> np.ndarray:
        """Which rows were learnt from: the count fades and can vanish; what is retained of the start only falls."""
        return (self.count > 0) | (self.log_retention < 0)

    def token(self, index: int) -> bytes:
        begin = int(self.token_ends[index - 1]) if index > 0 else 0
        return self.token_data[begin : int(self.token_ends[index])].tobytes()


def read_chunk(data: memoryview, place: ChunkPlace, summary: Summary, tokens_stored: bool) -> Chunk:
    """Reads a chunk, whose checksum the caller has compared or not. Raises SnapshotError if its shape is wrong."""
    source = checked_root(schema_rows.Rows, data, b"GLRC")
    rows, dimension, encoding = place.row_count, summary.options["dimension"], summary.encoding
    fields = {name: column(source, name) for name in ("embedding_scale", *COLUMNS, *OPTIONAL_COLUMNS, "anchor")}
    embeddings = {name: column(source, stored, STORED_TYPES[name]) for name, (stored, _) in STORED.items()}
    fields["stored"] = embeddings[encoding]
    for name in ("born", "token_ends", "token_order"):
        fields[name] = column(source, name, np.uint32)
    fields["token_data"] = column(source, "token_bytes", np.uint8)
    tokens = rows if tokens_stored else 0
    expected = {"anchor": {0, rows * dimension}, "born": {rows}, "embedding_scale": {rows if encoding == "int8" else 0}}
    expected |= {"token_ends": {tokens}, "token_order": {0, tokens}}
    expected |= {name: {rows} for name in COLUMNS} | {name: {0, rows} for name in OPTIONAL_COLUMNS}
    if encoding != "float32":
        expected |= {"anchor": {0}, "anchor_time": {0}}
    for name, sizes in expected.items():
        if fields[name].size not in sizes:
            raise SnapshotError(f"row chunk: {name} has {fields[name].size} entries for {rows} rows")
    for name, found in embeddings.items():
        if found.size != (rows * dimension if name == encoding else 0):
            raise SnapshotError(f"row chunk: {STORED[name][0]} has {found.size} entries for {rows} rows as {encoding}")
    if source._tab.Vector(source._tab.Offset(STORED[encoding][1])) % EMBEDDING_ALIGNMENT != 0:
        raise SnapshotError("row chunk: the embeddings are not aligned")
    if not split(fields["token_data"], fields["token_ends"]):
        raise SnapshotError("row chunk: the ends of the tokens do not fit their bytes")
    if np.any(fields["token_order"] >= tokens):
        raise SnapshotError(f"row chunk: token_order names a row beyond the {tokens} that there are")
    for name in ("stored", "anchor"):
        fields[name] = fields[name].reshape(-1, dimension)
    return Chunk(first_row=place.first_row, encoding=encoding, **fields)


class Row(NamedTuple):
    token: str
    embedding: np.ndarray  # [dimension], float32: a view of the file if it stores that
    precision: float
    uses: float
    born: int  # with the token, one life of the row
    null_variance: float  # of the embedding per coordinate, if the item stood still
    log_retention: float


class Table:
    """One side of a snapshot, items or contexts. Tokens are UTF-8 by convention; other bytes become surrogates, which
    `find` and str.encode(errors="surrogateescape") turn back."""

    def __init__(self, name: str, chunks: tuple[Chunk, ...], candidates: tuple[np.ndarray, np.ndarray], tokens_of=None):
        self._name = name
        self._tokens_of: Table = tokens_of or self
        self._first_rows = [chunk.first_row for chunk in chunks]
        self.chunks = chunks
        # The sketch of tokens that have no row, and their faded uses; both are empty if there are none.
        self.candidate_hashes, self.candidate_counts = candidates

    def __len__(self) -> int:
        return self.chunks[-1].first_row + len(self.chunks[-1].precision) if self.chunks else 0

    def token(self, row: int) -> str:
        """IndexError if there is no such row, as for `row`."""
        chunk, index = self._tokens_of._place(row)
        return chunk.token(index).decode(errors="surrogateescape")

    @property
    def tokens(self) -> list[str]:
        """All tokens, by row; builds a list."""
        return [self.token(row) for row in range(len(self))]

    def row(self, row: int) -> Row:
        chunk, index = self._place(row)
        return Row(
            self.token(row),
            chunk.embedding(index),
            float(chunk.precision[index]),
            float(chunk.uses[index]),
            int(chunk.born[index]),
            float(chunk.null_variance[index]),
            float(chunk.log_retention[index]),
        )

    def find(self, token: Token) -> Optional[int]:
        """The row of a token, None if it has none. Binary search in each chunk: O(chunks log(rows)).

        SnapshotError: the file was written before snapshots held an order of tokens."""
        wanted = token.encode(errors="surrogateescape") if isinstance(token, str) else token
        for chunk in self._tokens_of.chunks:
            if not chunk.token_order.size:
                raise SnapshotError(f"{self._name}: holds no order of its tokens: an earlier program wrote it")
            place = bisect.bisect_left(chunk.token_order, wanted, key=chunk.token)
            if place < chunk.token_order.size and chunk.token(chunk.token_order[place]) == wanted:
                return chunk.first_row + int(chunk.token_order[place])
        return None

    def offset(self, row: int) -> float:
        """Of values; 0 where the model has no offsets."""
        chunk, index = self._place(row)
        return float(chunk.offset[index]) if chunk.offset.size else 0.0

    def known(self, row: int) -> bool:
        """Whether the row has been learnt from; one that was only admitted stands nowhere yet."""
        chunk, index = self._place(row)
        return bool(chunk.known[index])

    def _place(self, row: int) -> tuple[Chunk, int]:
        if not 0 <= row < len(self):
            raise IndexError(f"{self._name}: row {row} does not exist: there are {len(self)}")
        chunk = self.chunks[bisect.bisect_right(self._first_rows, row) - 1]
        return chunk, row - chunk.first_row
