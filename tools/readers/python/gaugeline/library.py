"""libgaugeline, the C interface, as Python calls it: types, functions, errors. gaugeline.h says what each of them does."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import POINTER, c_char, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any, Optional

import numpy as np

from .errors import LearnerError, LibraryMissingError, UnknownTokenError

ABI_VERSION = 0
NAME = f"libgaugeline.so.{ABI_VERSION}"
PLACE = "GAUGELINE_LIBRARY"  # the environment variable that names the file
OK, OUT_OF_MEMORY, NOT_FOUND = 0, 3, 8
SYSTEM_ERRORS = (9, 11, 12)  # I/O, no space, permission
ASK_FOR_TOKENS = ("learner_neighbors", "learner_similarity", "learner_score")
OPEN_FILES = ("options_load", "learner_load", "learner_open")
MESSAGE_BYTES = 508


class Error(ctypes.Structure):
    _fields_ = [("status", c_int32), ("message", c_char * MESSAGE_BYTES)]


class Sized(ctypes.Structure):
    """A struct that begins with its size."""

    def __init__(self, **fields: Any):
        super().__init__(struct_size=ctypes.sizeof(self), **fields)


class Tokens(ctypes.Structure):
    _fields_ = [("bytes", c_void_p), ("byte_count", c_size_t), ("ends", c_void_p), ("count", c_size_t)]


class Slice(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("begin", c_int64),
        ("end", c_int64),
        ("item_tokens", Tokens),
        ("context_tokens", Tokens),
        ("contexts_are_items", c_int32),
        ("pairs_are_symmetric", c_int32),
        ("item_uses", c_void_p),
        ("context_uses", c_void_p),
        ("sequence_ids", c_void_p),
        ("sequence_id_count", c_size_t),
        ("sequence_ends", c_void_p),
        ("sequence_count", c_size_t),
        ("window", c_uint32),
        ("falling_weights", c_int32),
        ("pairs", c_void_p),
        ("pair_count", c_size_t),
        ("values", c_void_p),
        ("value_count", c_size_t),
    ]


class EventsTaken(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("counted", c_uint64),
        ("late", c_uint64),
        ("duplicates", c_uint64),
        ("refused", c_uint64),
        ("first_refused_line", c_uint64),
        ("first_reason", c_char * MESSAGE_BYTES),
    ]


class Report(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("slice", c_uint64),
        ("begin", c_int64),
        ("end", c_int64),
        ("elapsed_units", c_double),
        ("observations", c_double),
        ("distinct", c_uint64),
        ("scored", c_double),
        ("score", c_double),
        ("baseline_score", c_double),
        ("rotation_angle", c_double),
        ("holonomy_angle", c_double),
        ("gauge_residual", c_double),
        ("item_rows", c_uint32),
        ("context_rows", c_uint32),
        ("new_item_rows", c_uint32),
        ("new_context_rows", c_uint32),
        ("unadmitted_tokens", c_uint32),
        ("unadmitted_observations", c_double),
    ]


class Table(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("rows", c_uint32),
        ("dimension", c_uint32),
        ("tokens", Tokens),
        ("embeddings", c_void_p),
        ("precision", c_void_p),
        ("uses", c_void_p),
        ("count", c_void_p),
        ("diffusion", c_void_p),
        ("null_variance", c_void_p),
        ("log_retention", c_void_p),
        ("born", c_void_p),
        ("offset", c_void_p),
        ("offset_precision", c_void_p),
    ]


class Neighbor(ctypes.Structure):
    _fields_ = [("row", c_uint32), ("similarity", c_float)]


class Moment(ctypes.Structure):
    _fields_ = [("embedding", c_void_p), ("null_variance", c_float), ("log_retention", c_float)]


PAIR = np.dtype([("item", np.uint32), ("context", np.uint32), ("weight", np.float32)])
VALUE = np.dtype([("item", np.uint32), ("context", np.uint32), ("value", np.float32)])

_TOKEN = (c_char_p, c_size_t)
_FOUND = (c_float, POINTER(Neighbor), c_uint32, POINTER(c_uint32))
# Without gaugeline_, and without the error that comes last.
_FUNCTIONS = {
    "options_create": (c_char_p, POINTER(c_void_p)),
    "options_load": (c_char_p, POINTER(c_void_p)),
    "options_set": (c_void_p, c_char_p, c_char_p),
    "options_get": (c_void_p, c_char_p, c_char_p, c_size_t),
    "learner_create": (c_void_p, POINTER(c_void_p)),
    "learner_load": (c_char_p, c_void_p, POINTER(c_void_p)),
    "learner_open": (c_char_p, c_void_p, POINTER(c_void_p)),
    "learner_save": (c_void_p, c_char_p),
    "learner_feed_slice": (c_void_p, POINTER(Slice)),
    "learner_feed_events": (c_void_p, c_char_p, c_size_t, POINTER(EventsTaken)),
    "learner_end_events": (c_void_p,),
    "learner_waiting": (c_void_p, POINTER(c_uint64), POINTER(c_uint64)),
    "learner_step": (c_void_p, POINTER(Report), POINTER(c_int32)),
    "learner_report": (c_void_p, POINTER(Report)),
    "learner_forget": (c_void_p, POINTER(Tokens), POINTER(c_uint64)),
    "learner_table": (c_void_p, c_int32, POINTER(Table)),
    "learner_find": (c_void_p, c_int32, *_TOKEN, POINTER(c_uint32)),
    "learner_neighbors": (c_void_p, *_TOKEN, *_FOUND),
    "learner_nearest": (c_void_p, c_void_p, c_uint32, *_FOUND),
    "learner_similarity": (c_void_p, *_TOKEN, *_TOKEN, POINTER(c_float)),
    "learner_score": (c_void_p, *_TOKEN, *_TOKEN, POINTER(c_double)),
    "displacement": (POINTER(Moment), POINTER(Moment), c_uint32, POINTER(c_float), POINTER(c_float)),
}
_loaded: Optional[ctypes.CDLL] = None


def library() -> ctypes.CDLL:
    """The library, loaded when it is first asked for. LibraryMissingError says where it was sought."""
    global _loaded
    if _loaded is None:
        _loaded = _load()
    return _loaded


def call(function: str, *arguments: Any) -> None:
    """Calls gaugeline_FUNCTION, and raises what its status stands for."""
    error = Error()
    if getattr(library(), f"gaugeline_{function}")(*arguments, ctypes.byref(error)) == OK:
        return
    message = error.message.decode(errors="replace")
    kind = library().gaugeline_status_name(error.status).decode()
    if error.status == NOT_FOUND and function in ASK_FOR_TOKENS:
        raise UnknownTokenError(message)
    if error.status == NOT_FOUND and function in OPEN_FILES:
        raise FileNotFoundError(message)
    if error.status in SYSTEM_ERRORS:
        raise OSError(message)
    if error.status == OUT_OF_MEMORY:
        raise MemoryError(message)
    raise LearnerError(message, kind)


def option_names() -> list[str]:
    """All options that a learner can be given."""
    names: list[str] = []
    while (name := library().gaugeline_options_name(len(names))) is not None:
        names.append(name.decode())
    return names


def _load() -> ctypes.CDLL:
    beside = pathlib.Path(__file__).with_name(NAME)
    named = os.environ.get(PLACE)
    place = named or (str(beside) if beside.exists() else NAME)
    try:
        loaded = ctypes.CDLL(place)
    except OSError as error:
        raise LibraryMissingError(
            f"learning needs gaugeline's C library, which was not found ({error}). Install the package libgaugeline0, "
            f"or set {PLACE} to the file that a build leaves in build/PRESET/tools/c/{NAME}. "
            "Reading snapshots works without it."
        ) from None
    loaded.gaugeline_version.restype = c_char_p
    loaded.gaugeline_abi_version.restype = c_uint32
    if loaded.gaugeline_abi_version() != ABI_VERSION:
        found = loaded.gaugeline_abi_version()
        raise LibraryMissingError(f"{place} has ABI version {found}, but this package is for {ABI_VERSION}")
    loaded.gaugeline_status_name.restype = c_char_p
    loaded.gaugeline_options_name.restype = c_char_p
    loaded.gaugeline_options_name.argtypes = (c_size_t,)
    for destroy in (loaded.gaugeline_options_destroy, loaded.gaugeline_learner_destroy):
        destroy.restype, destroy.argtypes = None, (c_void_p,)
    for name, arguments in _FUNCTIONS.items():
        function = getattr(loaded, f"gaugeline_{name}")
        function.restype, function.argtypes = c_int32, (*arguments, POINTER(Error))
    return loaded
