"""Reads gaugeline's snapshots in place.

    snapshot = gaugeline.open("data/snapshots/0000000012.snapshot")   # every byte verified
    snapshot.summary.run, snapshot.summary.report["score"]
    for chunk in snapshot.items.chunks:
        chunk.embeddings                                              # [rows, dimension], a view of the file
    snapshot.find("login")                                            # a row, or None
    snapshot.neighbors("login", 10)
    gaugeline.check_comparable(snapshot, other)                       # raises if their vectors share no frame
    snapshot.check_frame().share_of_turning                           # near 1: the frame has turned
"""

import sys

from .errors import NotComparableError, SnapshotError, UnknownTokenError
from .frame import FrameCheck
from .manifest import Source, Summary
from .rows import Chunk, Row, Table
from .snapshot import Neighbor, Snapshot, check_comparable, open

if sys.byteorder != "little":
    raise ImportError("the numbers of a snapshot are little-endian, and are used where they lie")

__all__ = [
    "Chunk",
    "FrameCheck",
    "Neighbor",
    "NotComparableError",
    "Row",
    "Snapshot",
    "SnapshotError",
    "Source",
    "Summary",
    "Table",
    "UnknownTokenError",
    "check_comparable",
    "open",
]
