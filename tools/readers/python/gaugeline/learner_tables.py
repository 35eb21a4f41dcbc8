"""What a learner knows, as NumPy views of its memory, and copies to compare with later."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import library

_COLUMNS = ("precision", "uses", "count", "diffusion", "null_variance", "log_retention", "offset", "offset_precision")


class Handle:
    """A learner of the C library, which goes when nothing refers to it any more: neither a Learner nor a view."""

    def __init__(self, pointer: int):
        self.pointer = pointer
        self._destroy = library.library().gaugeline_learner_destroy  # still there when the interpreter ends

    def __del__(self) -> None:
        self._destroy(self.pointer)


class _Memory:
    """Memory of the learner as NumPy takes it. The array refers to it, and so keeps the learner."""

    def __init__(self, handle: Handle, address: int, shape: tuple[int, ...], kind: np.dtype):
        self.handle = handle
        self.__array_interface__ = {"data": (address, True), "shape": shape, "typestr": kind.str, "version": 3}


def view(handle: Handle, address: int, shape: tuple[int, ...], kind: type = np.float32) -> np.ndarray:
    """A view that cannot be written to. An empty one where there is nothing."""
    if not address or 0 in shape:
        empty = np.empty(shape if address else (0,), kind)
        empty.flags.writeable = False
        return empty
    return np.asarray(_Memory(handle, address, shape, np.dtype(kind)))


class LearnerTable:
    """One side of a learner, items or contexts, after a slice. The arrays are read-only views of the learner's memory,
    with an entry a row, and nothing is copied:

    - They stay readable for as long as they are kept, even after the learner was closed: they keep its memory.
    - The next step() or forget() changes the figures that they show, and may add or move rows: then ask for the table
      again. What is to be kept as it is now must be copied: `learner.items.embeddings.copy()`.
    """

    embeddings: np.ndarray  # [rows, dimension]
    precision: np.ndarray  # posterior, per coordinate
    uses: np.ndarray  # in the last slice
    count: np.ndarray  # observations, faded
    diffusion: np.ndarray  # variance gained per coordinate and time unit
    null_variance: np.ndarray
    log_retention: np.ndarray
    born: np.ndarray  # uint32; with the token, one life of a row
    offset: np.ndarray  # of values; empty, as the next, where the model has none
    offset_precision: np.ndarray

    def __init__(self, handle: Handle, table: library.Table):
        rows = table.rows
        self.embeddings = view(handle, table.embeddings, (rows, table.dimension))
        self.born = view(handle, table.born, (rows,), np.uint32)
        for name in _COLUMNS:
            setattr(self, name, view(handle, getattr(table, name), (rows,)))
        # Text moves when rows are forgotten, so it is copied.
        self._text = view(handle, table.tokens.bytes, (table.tokens.byte_count,), np.uint8).tobytes()
        self._ends = view(handle, table.tokens.ends, (rows,), np.uint32).tolist()

    def __len__(self) -> int:
        return len(self._ends)

    def token(self, row: int) -> str:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} does not exist: there are {len(self)}")
        begin = self._ends[row - 1] if row > 0 else 0
        return self._text[begin : self._ends[row]].decode(errors="surrogateescape")

    @property
    def tokens(self) -> list[str]:
        """All tokens, by row; builds a list."""
        return [self.token(row) for row in range(len(self))]

    @property
    def known(self) -> np.ndarray:
        """Which rows were learnt from; one that was only admitted stands nowhere yet."""
        return (self.count > 0) | (self.log_retention < 0)


class Displacement(NamedTuple):
    distance: float  # |u_now - u_then|
    ratio: float  # its square in units of what a row at rest shows, before it is scaled by the overdispersion of all rows


class Mark:
    """Copies of the items as they are now, to see later how far they moved."""

    def __init__(self, items: LearnerTable):
        self.rows = {token: row for row, token in enumerate(items.tokens)}
        self.embeddings = items.embeddings.copy()
        self.null_variance = items.null_variance.copy()
        self.log_retention = items.log_retention.copy()
        self.born = items.born.copy()
