"""How items move from snapshot to snapshot of one run, which share a frame. Those that share none are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional, Sequence

import numpy as np

from .errors import NotComparableError
from .rows import Table, Token
from .snapshot import Neighbor, Snapshot, check_comparable, cosine


class Movement(NamedTuple):
    """How far an item moved from one snapshot to a later one."""

    distance: float  # |z_to - z_from|
    displacement: float  # in units of its uncertainty: about 1 for an item that stood still
    similarity: float  # cos(z_from, z_to)


@dataclass(frozen=True)
class DriftingToken:
    token: str
    movement: Movement
    uses_from: float
    uses_to: float
    neighbors_from: list[Neighbor]  # the nearest, best first
    neighbors_to: list[Neighbor]

    @property
    def gained(self) -> list[str]:
        """Neighbours of the later snapshot alone, best first."""
        return _beyond(self.neighbors_to, self.neighbors_from)

    @property
    def lost(self) -> list[str]:
        """Neighbours of the earlier snapshot alone, best first."""
        return _beyond(self.neighbors_from, self.neighbors_to)


@dataclass(frozen=True)
class Drift:
    overdispersion: float  # what squared displacements were divided by: even rows at rest move more than expected
    compared: int  # items that met the conditions
    tokens: list[DriftingToken]  # largest displacement first


@dataclass(frozen=True)
class TrajectoryPoint:
    slice: int
    begin: int  # of the slice's interval, in microseconds since 1970
    uses: float
    born: int  # the slice in which this life of the token began: where it changes, the token begins anew
    since_first: Movement  # since the first point of this life
    similarities: list[Optional[float]]  # to the other tokens, in their order; None: not known yet
    neighbors: list[Neighbor]  # empty if other tokens were given


def translate(before: Snapshot, after: Snapshot, token: Token, k: int, min_uses: float = 0) -> list[Neighbor]:
    """Which items of `after` stand where `token` stood in `before`: the k most similar by cosine, best first, of those
    used min_uses times in `after`. The token itself may be one. Either snapshot may be the earlier one.

    NotComparableError: they share no frame. UnknownTokenError: the token is not known in `before`."""
    check_comparable(before, after)
    return after.neighbors(before.items.row(before.require(token)).embedding, k, min_uses)


def drift(
    before: Snapshot, after: Snapshot, k: int, min_uses: float = 100, skip_commonest: int = 100, neighbors: int = 5
) -> Drift:
    """The k items that moved most, of those used min_uses times in both slices but for the `skip_commonest` most used
    of all, which move for grammar's sake. Displacements are those of `gaugeline query drift`; whether they are more
    than chance takes the slices in between, and is for that command and the daemon to say.

    NotComparableError: they share no frame. ValueError: the first one is the later one. O(rows dimension) and
    O(rows dimension) for every item told."""
    pair = _Pair(before, after)
    rank = np.lexsort((pair.rows_from, -pair.share()))
    used = (pair.uses_from >= min_uses) & (pair.uses_to >= min_uses)
    rank = rank[max(skip_commonest, 0) :]
    compared = rank[used[rank]]
    displacements = pair.displacements()[compared]
    largest = compared[np.lexsort((pair.rows_from[compared], -displacements))][: max(k, 0)]
    return Drift(pair.overdispersion, len(compared), [pair.tell(int(i), neighbors, min_uses) for i in largest])


def trajectory(
    snapshots: Sequence[Snapshot], token: Token, others: Sequence[Token] = (), k: int = 5, min_uses: float = 0
) -> list[TrajectoryPoint]:
    """A point for each of the snapshots, which are in order of time, that knows the token: beside what it stood, and how
    far it has moved since it was first known. With `others` it tells the similarity to these, else the k nearest items.

    NotComparableError: they share no frame. ValueError: they are not in order. UnknownTokenError: none of them knows the
    token, or the last not all of the others."""
    points: list[TrajectoryPoint] = []
    first: Optional[Snapshot] = None
    for snapshot in snapshots:
        check_comparable(snapshots[0], snapshot)
        row = snapshot.find_known(token)
        if row is None:
            continue
        now = snapshot.items.row(row)
        if first is None or now.born != points[-1].born:
            first = snapshot
        points.append(
            TrajectoryPoint(
                slice=snapshot.summary.report["slice"],
                begin=snapshot.summary.report["begin"],
                uses=now.uses,
                born=now.born,
                since_first=movement(first, snapshot, token),
                similarities=[_similarity_or_none(snapshot, token, other) for other in others],
                neighbors=[] if others else snapshot.neighbors(token, k, min_uses),
            )
        )
    if snapshots:
        for wanted in others if points else [token]:
            snapshots[-1].require(wanted)
    return points


def movement(before: Snapshot, after: Snapshot, token: Token) -> Movement:
    """How far one item moved between two snapshots, the earlier one first. O(rows dimension): what rows at rest do is
    read off all of them.

    NotComparableError: they share no frame, or the token lost its row in between and began anew. UnknownTokenError: one
    of them does not know it. ValueError: the first one is the later one."""
    rows = before.require(token), after.require(token)
    pair = _Pair(before, after)
    place = np.flatnonzero(pair.rows_from == rows[0])
    if not place.size:
        raise NotComparableError(f"the token {token!r} began anew in between, and two lives cannot be compared")
    return pair.movement(int(place[0]))


class _Pair:
    """The items that are known in two snapshots, in the same life."""

    def __init__(self, before: Snapshot, after: Snapshot):
        check_comparable(before, after)
        slices = [snapshot.summary.report["slice"] for snapshot in (before, after)]
        if slices[0] > slices[1]:  # what a row retains of its start falls with time: turned round, figures were nonsense
            raise ValueError(f"slice {slices[0]} is later than slice {slices[1]}: the earlier snapshot comes first")
        self.before, self.after = before, after
        born = [_joined(snapshot.items, "born") for snapshot in (before, after)]
        known = [_joined(snapshot.items, "known").astype(bool) for snapshot in (before, after)]
        later = {token: row for row, token in enumerate(_tokens(after.items)) if known[1][row]}
        pairs = [(row, later[token]) for row, token in enumerate(_tokens(before.items)) if token in later]
        rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        alive = known[0][rows[:, 0]] & (born[0][rows[:, 0]] == born[1][rows[:, 1]])
        self.rows_from, self.rows_to = rows[alive].T
        self.uses_from = self._from("uses")
        self.uses_to = self._to("uses")
        self.distances, self._ratios = self._measure()
        at_work = self._ratios[(self.uses_from > 0) & (self.uses_to > 0) & (self._ratios > 0)]
        self.overdispersion = _overdispersion(at_work, before.summary.options["dimension"])

    def share(self) -> np.ndarray:
        """By which an item is common: slices differ in size, so that it is not the number of uses."""
        totals = [
            max(float(_joined(snapshot.items, "uses").sum(dtype=np.float64)), 1.0)
            for snapshot in (self.before, self.after)
        ]
        return self.uses_from.astype(np.float64) / totals[0] + self.uses_to.astype(np.float64) / totals[1]

    def displacements(self) -> np.ndarray:
        return np.sqrt(self._ratios.astype(np.float64) / self.overdispersion)

    def movement(self, place: int) -> Movement:
        vectors = (
            self.before.items.row(int(self.rows_from[place])).embedding,
            self.after.items.row(int(self.rows_to[place])).embedding,
        )
        return Movement(float(self.distances[place]), float(self.displacements()[place]), cosine(*vectors))

    def tell(self, place: int, neighbors: int, min_uses: float) -> DriftingToken:
        token = self.before.items.token(int(self.rows_from[place]))
        return DriftingToken(
            token=token,
            movement=self.movement(place),
            uses_from=float(self.uses_from[place]),
            uses_to=float(self.uses_to[place]),
            neighbors_from=self.before.neighbors(token, neighbors, min_uses),
            neighbors_to=self.after.neighbors(token, neighbors, min_uses),
        )

    def _from(self, column: str) -> np.ndarray:
        return _joined(self.before.items, column)[self.rows_from]

    def _to(self, column: str) -> np.ndarray:
        return _joined(self.after.items, column)[self.rows_to]

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        """|z_to - z_from|, and its square over what it would be at rest (lib's drift.hpp): C_t + C_s (1 - 2 A) per
        coordinate, C the null variances and A what is retained from one time to the other. 0 where that is 0."""
        if not self.rows_from.size:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        moved = self._to("embeddings").astype(np.float64) - self._from("embeddings")
        squared = np.einsum("ij,ij->i", moved, moved)
        retained = np.exp(self._to("log_retention").astype(np.float64) - self._from("log_retention"))
        at_rest = self._to("null_variance").astype(np.float64) + self._from("null_variance") * (1 - 2 * retained)
        expected = moved.shape[1] * np.maximum(at_rest, 0)
        ratios = np.divide(squared, expected, out=np.zeros_like(squared), where=expected > 0)
        return np.sqrt(squared).astype(np.float32), ratios.astype(np.float32)


def _overdispersion(ratios: np.ndarray, dimension: int) -> float:
    """What makes the median that of a mean of squares (Wilson & Hilferty 1931): fewer than half of the rows move."""
    if not ratios.size:
        return 1.0
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle]) / (1 - 2 / (9 * dimension)) ** 3


def _similarity_or_none(snapshot: Snapshot, token: Token, other: Token) -> Optional[float]:
    return None if snapshot.find_known(other) is None else snapshot.similarity(token, other)


def _beyond(neighbors: list[Neighbor], others: list[Neighbor]) -> list[str]:
    known = {neighbor.token for neighbor in others}
    return [neighbor.token for neighbor in neighbors if neighbor.token not in known]


def _joined(table: Table, column: str) -> np.ndarray:
    if not table.chunks:
        return np.empty(0)
    return np.concatenate([getattr(chunk, column) for chunk in table.chunks])


def _tokens(table: Table) -> list[bytes]:
    return [chunk.token(index) for chunk in table.chunks for index in range(len(chunk.precision))]
