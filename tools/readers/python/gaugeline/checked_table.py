"""FlatBuffers' tables, with every offset and length checked before it is followed.

The accessors that flatc writes read through an object of FlatBuffers' runtime, `_tab`, which trusts what it reads.
CheckedTable takes its place, so that the accessors stay as they are generated.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from flatbuffers import number_types
from flatbuffers.table import Table

from .errors import SnapshotError

Accessor = TypeVar("Accessor")
OFFSET_BYTES = 4
IDENTIFIER_BYTES = 4


class CheckedTable(Table):
    """A table or struct at `Pos` of the memoryview `Bytes`. Raises SnapshotError before anything outside is read."""

    __slots__ = ()

    def Get(self, flags, off):
        self._require(off, flags.bytewidth)
        return super().Get(flags, off)

    def Offset(self, vtableOffset):
        # Not the base's: a vtable that begins before the buffer would be looked for at its end.
        vtable = self.Pos - self.Get(number_types.SOffsetTFlags, self.Pos)
        if vtableOffset >= self.Get(number_types.VOffsetTFlags, vtable):
            return 0
        return self.Get(number_types.VOffsetTFlags, vtable + vtableOffset)

    def Indirect(self, off):
        target = off + self.Get(number_types.UOffsetTFlags, off)
        self._require(target, OFFSET_BYTES)  # what it points to begins with an offset or a length
        return target

    def String(self, off):
        begin = self.Indirect(off)
        self._require(begin + OFFSET_BYTES, self.Get(number_types.UOffsetTFlags, begin))
        return super().String(off)

    def Vector(self, off):
        return self.Indirect(self.Pos + off) + OFFSET_BYTES

    def VectorLen(self, off):
        begin = self.Vector(off)
        length = self.Get(number_types.UOffsetTFlags, begin - OFFSET_BYTES)
        self._require(begin, length)  # an element has a byte at least; GetVectorAsNumpy and Get ask for more
        return length

    def GetVectorAsNumpy(self, flags, off):
        begin = self.Vector(off)
        self._require(begin, self.VectorLen(off) * flags.bytewidth)
        if begin % min(flags.bytewidth, OFFSET_BYTES) != 0:
            raise SnapshotError(f"the vector at offset {begin} of a FlatBuffer is not aligned")
        return super().GetVectorAsNumpy(flags, off)

    def _require(self, begin: int, size: int) -> None:
        if begin < 0 or begin + size > len(self.Bytes):
            raise SnapshotError("an offset or a length in the FlatBuffer points outside of it")


def checked(accessor: Accessor) -> Accessor:
    """The same accessor, reading with checks. Tables and structs that it gives are to be passed through here again."""
    accessor._tab = CheckedTable(accessor._tab.Bytes, accessor._tab.Pos)
    return accessor


def checked_root(accessor: type[Accessor], data: memoryview, identifier: bytes) -> Accessor:
    """The root table of a FlatBuffer with this file identifier."""
    if bytes(data[OFFSET_BYTES : OFFSET_BYTES + IDENTIFIER_BYTES]) != identifier:
        raise SnapshotError(f"no file identifier {identifier.decode()} at offset 4")
    root = accessor()
    root._tab = CheckedTable(data, CheckedTable(data, 0).Indirect(0))
    return root


def column(accessor, field: str, dtype: type = np.float32) -> np.ndarray:
    """The vector `field` (as in the schema: token_ends) as a view of the file; empty if it is absent."""
    values = getattr(accessor, camel_case(field) + "AsNumpy")()
    return values if isinstance(values, np.ndarray) else np.empty(0, dtype)


def camel_case(field: str) -> str:
    return "".join(word.capitalize() for word in field.split("_"))
