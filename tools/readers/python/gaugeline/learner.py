"""A learner in Python, over the C interface."""

from __future__ import annotations

import ctypes
import datetime
import difflib
import os
import threading
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from . import library
from .errors import UnknownTokenError
from .learner_tables import Displacement, Handle, LearnerTable, Mark
from .rows import Token
from .slices import Arrays, Events, Time, lines
from .snapshot import Neighbor

ITEMS, CONTEXTS = 0, 1
Option = Union[str, int, float, datetime.timedelta]
Path = Union[str, os.PathLike]


class Report(NamedTuple):
    """What happened in one slice: the fields of SliceReport in C++. `begin` and `end` in microseconds since 1970."""

    slice: int
    begin: int
    end: int
    elapsed_units: float
    observations: float
    distinct: int
    scored: float  # weight of what was predicted before it was learnt; 0 in the first slice
    score: float  # its mean log-likelihood in nats; higher is better
    baseline_score: float
    rotation_angle: float  # radians: how far the slice would have turned the frame
    holonomy_angle: float
    gauge_residual: float
    item_rows: int
    context_rows: int
    new_item_rows: int
    new_context_rows: int
    unadmitted_tokens: int
    unadmitted_observations: float


class EventsTaken(NamedTuple):
    counted: int
    late: int  # their window was closed
    duplicates: int  # their source and id had come before
    refused: int  # lines that cannot be used
    first_refused_line: int  # from 1; 0: none
    first_reason: str


class Learner:
    """Learns embeddings from slices of time, one after another, in a frame that does not turn.

        with gaugeline.Learner(dimension=32, every="day") as learner:
            learner.feed([{"time": "2024-05-01", "tokens": ["apple", "pear", "juice"]}])
            learner.end()
            for report in learner.learn():
                print(report.score)
            learner.neighbors("apple", 5)

    Options have the names, units and defaults of the C++ library (gaugeline.h lists those of events): dimension, seed,
    every, window, item_capacity, threads, ...; `option_names()` lists them. Memory for all rows is reserved at the
    start. `data_dir` publishes a snapshot there after each step, for `gaugeline query`, and goes on where it ends.

    Any thread may call: one call at a time goes on, others wait. Errors: LearnerError, whose message says what is
    wrong; UnknownTokenError; OSError where the system refuses; TypeError for an option that does not exist;
    LibraryMissingError without the C library."""

    def __init__(self, model: str = "skipgram", *, data_dir: Optional[Path] = None, **options: Option):
        with _Options("options_create", model.encode(), options) as pointer:
            if data_dir is None:
                self._begin("learner_create", pointer)
            else:
                self._begin("learner_open", _path(data_dir), pointer)

    @classmethod
    def load(cls, path: Path, **options: Option) -> Learner:
        """Goes on from a snapshot file, bit for bit. `options`: those of events and threads, which are not in it."""
        learner = cls.__new__(cls)
        with _Options("options_load", _path(path), options) as pointer:
            learner._begin("learner_load", _path(path), pointer)
        return learner

    def feed(self, events: Events) -> EventsTaken:
        """Takes events: lines of JSON as text, or dicts, whose times may be Python's. Needs the option `every`. Lines
        that cannot be used are counted and left out. Windows that end wait for a step."""
        taken = library.EventsTaken()
        text = lines(events)
        self._call("learner_feed_events", text, len(text), ctypes.byref(taken))
        counts = [getattr(taken, name) for name in EventsTaken._fields]
        return EventsTaken(*counts[:-1], counts[-1].decode(errors="replace"))

    def end(self) -> None:
        """Nothing more will come: all windows of events wait for a step."""
        self._call("learner_end_events")

    def feed_slice(
        self,
        begin: Time,
        end: Time,
        items: Sequence[Token],
        contexts: Optional[Sequence[Token]] = None,
        *,
        sequences: Iterable[Sequence[int]] = (),
        window: int = 5,
        falling_weights: bool = False,
        pairs: Sequence[Sequence[float]] = ((), (), ()),
        symmetric: bool = False,
        values: Sequence[Sequence[float]] = ((), (), ()),
        item_uses: Optional[Sequence[float]] = None,
        context_uses: Optional[Sequence[float]] = None,
    ) -> None:
        """Takes one slice of arrays, which waits for a step. Ids are places in `items` and `contexts` (None: the items,
        which sequences need). `sequences`: arrays of ids, whose positions at most `window` apart are pairs. `pairs` and
        `values`: three arrays, items, contexts, and weights or values. `symmetric`: each pair counts both ways."""
        arrays = Arrays(begin, end)
        target = arrays.slice
        target.item_tokens = arrays.tokens(items)
        if contexts is not None:
            target.context_tokens = arrays.tokens(contexts)
        target.contexts_are_items, target.pairs_are_symmetric = int(contexts is None), int(symmetric)
        target.item_uses = arrays.uses(item_uses, target.item_tokens.count, "item_uses")
        target.context_uses = arrays.uses(context_uses, target.context_tokens.count, "context_uses")
        arrays.sequences(sequences, window, falling_weights)
        target.pairs, target.pair_count = arrays.observations(pairs, library.PAIR, "pairs")
        target.values, target.value_count = arrays.observations(values, library.VALUE, "values")
        self._call("learner_feed_slice", ctypes.byref(target))

    def step(self) -> Optional[Report]:
        """Learns the oldest slice that waits; None if none does."""
        report, learnt = library.Report(), ctypes.c_int32()
        self._call("learner_step", ctypes.byref(report), ctypes.byref(learnt))
        return _report(report) if learnt.value else None

    def learn(self) -> list[Report]:
        """Steps until no slice waits."""
        return list(iter(self.step, None))

    @property
    def waiting(self) -> int:
        """Slices that wait for a step."""
        slices = ctypes.c_uint64()
        self._call("learner_waiting", ctypes.byref(slices), None)
        return slices.value

    @property
    def report(self) -> Report:
        """Of the last slice that was learnt. LearnerError if there was none."""
        report = library.Report()
        self._call("learner_report", ctypes.byref(report))
        return _report(report)

    @property
    def items(self) -> LearnerTable:
        """Views of the learner's memory: see LearnerTable for how long they hold."""
        return self._table(ITEMS)

    @property
    def contexts(self) -> LearnerTable:
        return self._table(CONTEXTS)

    @property
    def embeddings(self) -> np.ndarray:
        """[rows, dimension], of the items: a view, as in `items`."""
        return self.items.embeddings

    def find(self, token: Token) -> Optional[int]:
        """The row of an item, None if it has none."""
        row = ctypes.c_uint32()
        self._call("learner_find", ITEMS, *_bytes(token), ctypes.byref(row))
        return None if row.value == 2**32 - 1 else row.value

    def neighbors(self, near: Union[Token, np.ndarray], k: int = 10, min_uses: float = 0) -> list[Neighbor]:
        """The k items most similar to a token, itself left out, or to a vector, best first. UnknownTokenError: the
        token is not known. Items used less than `min_uses` times in the last slice are left out."""
        with self._lock:
            items = self.items
            room, count = min(max(k, 0), len(items)), ctypes.c_uint32()
            found = (library.Neighbor * room)()
            if isinstance(near, (str, bytes)):
                self._call("learner_neighbors", *_bytes(near), min_uses, found, room, ctypes.byref(count))
            else:
                vector = np.ascontiguousarray(near, np.float32).ravel()
                place = vector.ctypes.data
                self._call("learner_nearest", place, vector.size, min_uses, found, room, ctypes.byref(count))
        return [Neighbor(items.token(one.row), one.similarity, one.row, float(items.uses[one.row])) for one in found[: count.value]]

    def similarity(self, a: Token, b: Token) -> float:
        """cos of two items, in [-1, 1]."""
        similarity = ctypes.c_float()
        self._call("learner_similarity", *_bytes(a), *_bytes(b), ctypes.byref(similarity))
        return similarity.value

    def score(self, item: Token, context: Token) -> float:
        """What the model expects of an item with a context: a value (gaussian), or u . v (skipgram)."""
        score = ctypes.c_double()
        self._call("learner_score", *_bytes(item), *_bytes(context), ctypes.byref(score))
        return score.value

    def mark(self) -> Mark:
        """Copies of the items as they are now, for `displacement`."""
        with self._lock:
            return Mark(self.items)

    def displacement(self, token: str, since: Mark) -> Displacement:
        """How far an item moved since. UnknownTokenError: it had no row then or has none now, or is of another life."""
        with self._lock:
            now, then = self.find(token), since.rows.get(token)
            items = self.items
            if now is None or then is None or items.born[now] != since.born[then]:
                raise UnknownTokenError(f"the token {token!r} did not live from the mark until now")
            moments = [
                library.Moment(t.embeddings[row].ctypes.data, t.null_variance[row], t.log_retention[row])
                for t, row in ((since, then), (items, now))
            ]
            distance, ratio = ctypes.c_float(), ctypes.c_float()
            dimension = items.embeddings.shape[1]
            library.call("displacement", *moments, dimension, ctypes.byref(distance), ctypes.byref(ratio))
        return Displacement(distance.value, ratio.value)

    def forget(self, *tokens: Token) -> int:
        """Takes tokens out of the state for good. Returns how many of them were known."""
        arrays, forgotten = Arrays(0, 1), ctypes.c_uint64()
        self._call("learner_forget", ctypes.byref(arrays.tokens(tokens)), ctypes.byref(forgotten))
        return forgotten.value

    def save(self, path: Path) -> None:
        """Writes a snapshot file, which is there whole or not at all: `gaugeline.open` reads it, `load` goes on."""
        self._call("learner_save", _path(path))

    def close(self) -> None:
        """Gives the memory back, and the data directory, as soon as no view of them is kept any more. What waits is
        not learnt."""
        with self._lock:
            self._handle = None

    def __enter__(self) -> Learner:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _begin(self, function: str, *arguments: Any) -> None:
        pointer = ctypes.c_void_p()
        library.call(function, *arguments, ctypes.byref(pointer))
        self._handle: Optional[Handle] = Handle(pointer.value)
        self._lock = threading.RLock()  # C takes one call at a time, and ctypes lets other threads run meanwhile

    def _call(self, function: str, *arguments: Any) -> None:
        with self._lock:
            library.call(function, self._open_handle().pointer, *arguments)

    def _open_handle(self) -> Handle:
        if self._handle is None:
            raise ValueError("the learner is closed")
        return self._handle

    def _table(self, side: int) -> LearnerTable:
        with self._lock:
            table = library.Table()
            self._call("learner_table", side, ctypes.byref(table))
            return LearnerTable(self._open_handle(), table)


class _Options:
    """The C library's options for the length of a `with`."""

    def __init__(self, function: str, argument: bytes, options: dict[str, Option]):
        self._pointer = ctypes.c_void_p()
        library.call(function, argument, ctypes.byref(self._pointer))
        try:
            for name, value in options.items():
                self._set(name, value)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> ctypes.c_void_p:
        return self._pointer

    def __exit__(self, *exception: object) -> None:
        library.library().gaugeline_options_destroy(self._pointer)

    def _set(self, name: str, value: Option) -> None:
        names = library.option_names()
        if name not in names:
            close = difflib.get_close_matches(name, names, 3)
            raise TypeError(f"there is no option {name!r}" + (f"; did you mean {', '.join(close)}?" if close else ""))
        if isinstance(value, datetime.timedelta):  # in the form of every and lateness
            value = f"{value // datetime.timedelta(microseconds=1)}us"
        library.call("options_set", self._pointer, name.encode(), str(value).encode())


def option_names() -> list[str]:
    """All options that a Learner takes."""
    return library.option_names()


def _report(report: library.Report) -> Report:
    return Report(*(getattr(report, name) for name in Report._fields))


def _path(path: Path) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError(f"{path!r} holds a NUL, which no path does")
    return encoded


def _bytes(token: Token) -> tuple[bytes, int]:
    text = token.encode(errors="surrogateescape") if isinstance(token, str) else token
    return text, len(text)
