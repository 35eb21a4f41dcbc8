"""What can go wrong with a snapshot. A file that cannot be opened at all is an OSError."""


class SnapshotError(ValueError):
    """The file is not a whole snapshot of a version that is read here. The message names the file and what is wrong."""


class NotComparableError(ValueError):
    """The vectors of two snapshots may not be compared number by number. The message says why, and what to do."""


class UnknownTokenError(LookupError):
    """No row that was ever learnt from has this token."""
