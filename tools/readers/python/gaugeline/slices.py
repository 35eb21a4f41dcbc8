"""Slices and events on their way into a learner."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np

from . import library

Time = Union[int, str, datetime.date, np.datetime64]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
Events = Union[str, bytes, Mapping[str, Any], Iterable[Union[str, Mapping[str, Any]]]]
MOST_IDS = 2**32


def microseconds(time: Time) -> int:
    """Since 1970. A whole number is that already; a time without a zone is UTC; a date is its first instant."""
    if isinstance(time, np.datetime64):
        return int(time.astype("datetime64[us]").astype(np.int64))
    if isinstance(time, str):
        time = datetime.datetime.fromisoformat(time)
    if isinstance(time, datetime.date):
        if not isinstance(time, datetime.datetime):
            time = datetime.datetime(time.year, time.month, time.day)
        if time.tzinfo is None:
            time = time.replace(tzinfo=datetime.timezone.utc)
        return (time - EPOCH) // datetime.timedelta(microseconds=1)
    return int(time)


def lines(events: Events) -> bytes:
    """One JSON object a line. Times of Python become text."""
    if isinstance(events, bytes):
        return events
    if isinstance(events, str):
        return events.encode(errors="surrogatepass")
    if isinstance(events, Mapping):
        events = [events]
    return "".join(
        (event if isinstance(event, str) else json.dumps(event, default=_time_text, allow_nan=False)).rstrip("\n") + "\n"
        for event in events
    ).encode(errors="surrogatepass")


def _time_text(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return microseconds(value) / 1e6
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"an event holds {type(value).__name__}, which is not JSON")


class Arrays:
    """A library.Slice with the arrays that it points to."""

    def __init__(self, begin: Time, end: Time):
        self.slice = library.Slice(begin=microseconds(begin), end=microseconds(end))
        self._kept: list[Any] = []

    def tokens(self, tokens: Iterable[Union[str, bytes]]) -> library.Tokens:
        encoded = [token.encode(errors="surrogateescape") if isinstance(token, str) else token for token in tokens]
        text = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
        ends = np.cumsum([len(token) for token in encoded], dtype=np.uint64)
        if ends.size and int(ends[-1]) >= MOST_IDS:
            raise ValueError("the tokens of a slice have more than 4 GiB of text")
        return library.Tokens(
            self._address(text), int(ends[-1]) if ends.size else 0, self._address(ends.astype(np.uint32)), len(encoded)
        )

    def uses(self, uses: Optional[Sequence[float]], tokens: int, name: str) -> Optional[int]:
        if uses is None:
            return None
        figures = np.ascontiguousarray(uses, np.float32)
        if figures.shape != (tokens,):
            raise ValueError(f"{name} has shape {figures.shape} for {tokens} tokens")
        return self._address(figures)

    def sequences(self, sequences: Iterable[Sequence[int]], window: int, falling: bool) -> None:
        ids = [ids_of(sequence, "sequences") for sequence in sequences]
        if any(sequence.ndim != 1 for sequence in ids):
            raise ValueError("sequences: each is one array of ids")
        ends = np.cumsum([len(sequence) for sequence in ids], dtype=np.uint32)
        joined = np.concatenate(ids) if ids else np.empty(0, np.uint32)
        self.slice.sequence_ids, self.slice.sequence_id_count = self._address(joined), joined.size
        self.slice.sequence_ends, self.slice.sequence_count = self._address(ends), ends.size
        self.slice.window, self.slice.falling_weights = number(window, "window"), int(falling)

    def observations(self, triple: Sequence[Sequence[float]], kind: np.dtype, name: str) -> tuple[int, int]:
        """Three arrays of equal length: items, contexts, and weights or values."""
        if len(triple) != 3:
            raise ValueError(f"{name} are three arrays: items, contexts, and a figure for each")
        items, contexts = (ids_of(ids, name) for ids in triple[:2])
        figures = np.asarray(triple[2], np.float32)
        if not items.shape == contexts.shape == figures.shape or items.ndim != 1:
            raise ValueError(f"{name} have shapes {items.shape}, {contexts.shape} and {figures.shape}")
        joined = np.empty(items.size, kind)
        for field, column in zip(kind.names, (items, contexts, figures)):
            joined[field] = column
        return self._address(joined), joined.size

    def _address(self, array: np.ndarray) -> int:
        self._kept.append(array)
        return array.ctypes.data


def ids_of(ids: Sequence[int], name: str) -> np.ndarray:
    given = np.asarray(ids)
    if given.size == 0:
        return given.astype(np.uint32)
    if given.dtype.kind not in "iu" or int(given.min()) < 0 or int(given.max()) >= MOST_IDS:
        raise ValueError(f"{name}: ids are whole numbers from 0 on")
    return given.astype(np.uint32)


def number(value: int, name: str) -> int:
    if not 0 <= value < MOST_IDS:
        raise ValueError(f"{name} is {value}, not 0 to 2^32 - 1")
    return int(value)
