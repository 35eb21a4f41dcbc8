"""Learns temporal embeddings online, and reads gaugeline's snapshots in place.

    with gaugeline.Learner(dimension=32, every="day") as learner:     # over libgaugeline
        learner.feed([{"time": "2024-05-01", "tokens": ["apple", "pear", "juice"]}])
        learner.end()
        learner.learn()
        learner.neighbors("apple", 5)
        learner.items.embeddings                                      # [rows, dimension], a view of the learner
        learner.save("may.snapshot")

    snapshot = gaugeline.open("data/snapshots/0000000012.snapshot")   # every byte verified
    snapshot.summary.run, snapshot.summary.report["score"]
    for chunk in snapshot.items.chunks:
        chunk.embeddings                                              # [rows, dimension], a view of the file
    snapshot.find("login")                                            # a row, or None
    snapshot.neighbors("login", 10)                                   # of a token, or of a vector
    snapshot.score("user:17", 10)                                     # of values: what is expected
    gaugeline.translate(snapshot, earlier, "login", 10)               # what stood there then
    gaugeline.drift(earlier, snapshot, 10).tokens                     # what moved most; trajectory: one token's way
    gaugeline.check_comparable(snapshot, other)                       # raises if their vectors share no frame
    snapshot.check_frame().share_of_turning                           # near 1: the frame has turned
"""

import sys

from .comparison import Drift, DriftingToken, Movement, TrajectoryPoint, drift, movement, trajectory, translate
from .errors import LearnerError, LibraryMissingError, NotComparableError, SnapshotError, UnknownTokenError
from .frame import FrameCheck
from .learner import EventsTaken, Learner, Report, option_names
from .learner_tables import Displacement, LearnerTable, Mark
from .manifest import Source, Summary
from .rows import Chunk, Row, Table
from .snapshot import Neighbor, ScoredContext, Snapshot, check_comparable, open

if sys.byteorder != "little":
    raise ImportError("the numbers of a snapshot are little-endian, and are used where they lie")

__all__ = [
    "Chunk",
    "Displacement",
    "Drift",
    "DriftingToken",
    "EventsTaken",
    "FrameCheck",
    "Learner",
    "LearnerError",
    "LearnerTable",
    "LibraryMissingError",
    "Mark",
    "Movement",
    "Neighbor",
    "NotComparableError",
    "Report",
    "Row",
    "ScoredContext",
    "Snapshot",
    "SnapshotError",
    "Source",
    "Summary",
    "Table",
    "TrajectoryPoint",
    "UnknownTokenError",
    "check_comparable",
    "drift",
    "movement",
    "open",
    "option_names",
    "trajectory",
    "translate",
]
