"""A snapshot file that is read in place."""

from __future__ import annotations

import mmap
import os
import pathlib
from typing import NamedTuple, Optional, Union

import numpy as np

from . import layout
from .errors import SnapshotError, UnknownTokenError
from .frame import FrameCheck, check_canaries, check_frames
from .manifest import CONTEXTS, ITEMS, ChunkPlace, Manifest, read_manifest
from .rows import Chunk, Table, Token, read_chunk


class Neighbor(NamedTuple):
    token: str
    similarity: float  # cosine
    row: int
    uses: float  # in the slice


class ScoredContext(NamedTuple):
    token: str
    score: float
    row: int


class Snapshot:
    """The learner's state after one slice: `open` makes one. Arrays are views of the file and keep it mapped. What is
    mapped must not change: snapshots never do, they are replaced by renaming."""

    def __init__(self, name: str, file: memoryview, verify: bool):
        version = layout.check_header(file)
        footer = layout.read_footer(file, version)
        end = footer.manifest_offset + footer.manifest_bytes
        data = file[footer.manifest_offset : end]
        if layout.checksum(data) != footer.manifest_checksum:
            raise SnapshotError(f"offset {footer.manifest_offset}: the manifest is damaged")
        try:
            manifest = read_manifest(data, footer, len(file), version)
        except SnapshotError as error:
            raise SnapshotError(f"manifest: {error}") from None
        self._name = name
        self.summary = manifest.summary
        self.contexts_share_tokens = manifest.contexts_share_tokens  # context row i has the token of item row i
        self.rotation = manifest.rotation  # [dimension, dimension], float64: what the gauge step applied to the slice
        self.values = manifest.values  # what the Gaussian model believes of the values
        self.canary_rows = manifest.canary_rows  # rising rows of items that were best known before the slice
        self.canary_before = manifest.canary_before  # [canaries, dimension]: their embeddings in the parent
        chunks = [(place.side, self._read_chunk(file, place, manifest, verify)) for place in manifest.places]
        items, contexts = (tuple(chunk for s, chunk in chunks if s == side) for side in (ITEMS, CONTEXTS))
        if manifest.contexts_share_tokens and sum(map(_rows, items)) != sum(map(_rows, contexts)):
            raise SnapshotError("the contexts have the items' tokens, but not as many rows")
        self.items = Table(name, items, manifest.candidates[ITEMS])
        shared = self.items if manifest.contexts_share_tokens else None
        self.contexts = Table(name, contexts, manifest.candidates[CONTEXTS], shared)

    def find(self, token: Token) -> Optional[int]:
        """The row of an item, None if it has none: as items.find."""
        return self.items.find(token)

    def find_known(self, token: Token) -> Optional[int]:
        """The row of an item that has been learnt from, None if it has none: only such rows are answers."""
        row = self.find(token)
        return row if row is not None and self.items.known(row) else None

    def require(self, token: Token) -> int:
        """As find_known. UnknownTokenError: there is none."""
        row = self.find_known(token)
        if row is None:
            index = self.summary.report["slice"]
            raise UnknownTokenError(f"{self._name}: the token {token!r} is not known in slice {index}")
        return row

    def neighbors(self, near: Union[Token, np.ndarray], k: int, min_uses: float = 0) -> list[Neighbor]:
        """The k items most similar by cosine to an item, which is left out itself, or to a vector [dimension]: best first
        (ties: lower row first), of those used min_uses times in the slice. UnknownTokenError as for require.
        O(rows dimension)."""
        itself = self.require(near) if isinstance(near, (str, bytes)) else None
        vector = np.ravel(near).astype(np.float32) if itself is None else self.items.row(itself).embedding
        if vector.size != self.summary.options["dimension"]:
            raise ValueError(f"a vector of {vector.size} numbers; there are {self.summary.options['dimension']} in a row")
        found = []
        for chunk in self.items.chunks:
            similarities, have_direction = _cosines(chunk.embeddings, vector)
            candidates = np.flatnonzero(chunk.known & have_direction & (chunk.uses >= min_uses))
            found += zip((chunk.first_row + candidates).tolist(), similarities[candidates].tolist())
        best = sorted((-similarity, row) for row, similarity in found if row != itself)[: max(k, 0)]
        return [Neighbor(self.items.token(row), -negative, row, self.items.row(row).uses) for negative, row in best]

    def similarity(self, a: Token, b: Token) -> float:
        """cos(u_a, u_b) of two items, in [-1, 1]; 0 if either vector is zero. UnknownTokenError as for require."""
        return cosine(*(self.items.row(self.require(token)).embedding for token in (a, b)))

    def score(self, item: Token, k: int) -> list[ScoredContext]:
        """The k contexts with the highest score for an item, of all that were ever in data (ties: lower row first). For
        values that is mu + a_i + b_j + u_i . v_j, the expected value; for skip-gram u_i . v_j. UnknownTokenError as for
        require. O(rows dimension)."""
        place = self.require(item)
        base = self.values["mean"] + self.items.offset(place)
        vector = self.items.row(place).embedding.astype(np.float64)
        found = []
        for chunk in self.contexts.chunks:
            scores = base + chunk.embeddings @ vector + (chunk.offset if chunk.offset.size else 0)
            seen = np.flatnonzero(chunk.null_variance > 0)
            found += zip((chunk.first_row + seen).tolist(), scores[seen].tolist())
        best = sorted((-score, row) for row, score in found)[: max(k, 0)]
        return [ScoredContext(self.contexts.token(row), -negative, row) for negative, row in best]

    def check_frame(self) -> FrameCheck:
        """Whether the frame turned in this slice, by the rows that were best known before it. O(dimension^3)."""
        now = np.array([self.items.row(row).embedding for row in self.canary_rows.tolist()])
        return check_canaries(now, self.canary_before)

    @staticmethod
    def _read_chunk(file: memoryview, place: ChunkPlace, manifest: Manifest, verify: bool) -> Chunk:
        end = place.offset + place.length
        data = file[place.offset : end]
        tokens_stored = place.side == ITEMS or not manifest.contexts_share_tokens
        try:
            if verify and layout.checksum(data) != place.checksum:
                raise SnapshotError("a row chunk is damaged")
            if verify:
                layout.require_zero(file, end, layout.aligned_up(end), "the padding after a row chunk is")
            return read_chunk(data, place, manifest.summary, tokens_stored)
        except SnapshotError as error:
            raise SnapshotError(f"offset {place.offset}: {error}") from None


def open(path: Union[str, os.PathLike], verify: bool = True) -> Snapshot:
    """Maps a snapshot and checks it: with `verify` every byte against its checksum, O(file); otherwise header, footer
    and manifest alone, and the structure of all parts, so that a damaged file gives errors or wrong figures, but
    nothing is read outside of it. Ranges of figures are the writer's to check.

    SnapshotError: the file is not a whole snapshot. OSError: it cannot be read."""
    with pathlib.Path(path).open("rb") as file:
        # An empty file cannot be mapped.
        size = os.fstat(file.fileno()).st_size
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    try:
        return Snapshot(str(path), mapped, verify)
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}") from None


def check_comparable(a: Snapshot, b: Snapshot) -> None:
    """Two snapshots share a frame if they are of the same run and dimension, the run fixes the gauge, and both or
    neither are a smoother's. Raises NotComparableError with the first reason that speaks against it."""
    check_frames(a.summary, b.summary)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """0 if either vector is zero."""
    similarities, _ = _cosines(a[np.newaxis], b)
    return float(similarities[0])


def _rows(chunk: Chunk) -> int:
    return len(chunk.precision)


def _cosines(table: np.ndarray, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dot / sqrt(|a|^2 |b|^2) in float, clamped to [-1, 1], of each row with the vector; and which rows have a
    direction: a squared norm above 0 and finite in float, as the vector has. Without it the similarity is 0."""
    with np.errstate(all="ignore"):  # what overflows has no direction
        dots = np.einsum("ij,j->i", table, vector, dtype=np.float64).astype(np.float32)
        squares = np.einsum("ij,ij->i", table, table, dtype=np.float64).astype(np.float32)
        square = np.einsum("j,j->", vector, vector, dtype=np.float64).astype(np.float32)
        roots = np.sqrt(squares.astype(np.float64) * np.float64(square)).astype(np.float32)
        similarities = np.clip(dots / roots, -1, 1)
    have_direction = (squares > 0) & np.isfinite(squares) & (square > 0) & np.isfinite(square)
    return np.where(have_direction, similarities, np.float32(0)), have_direction
