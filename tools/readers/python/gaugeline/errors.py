"""What can go wrong with a snapshot or a learner. A file that cannot be opened at all is an OSError."""


class SnapshotError(ValueError):
    """The file is not a whole snapshot of a version that is read here. The message names the file and what is wrong."""


class NotComparableError(ValueError):
    """The vectors of two snapshots may not be compared number by number. The message says why, and what to do."""


class UnknownTokenError(LookupError):
    """No row that was ever learnt from has this token."""


class LibraryMissingError(ImportError):
    """The C library is not there, which learning needs and reading does not. The message says what to do."""


class LearnerError(ValueError):
    """The learner refused. The message says what and why; `kind` is one of the C interface's statuses, in words:
    "bad data", "out of order", "capacity exceeded", "invalid argument", "checksum mismatch", "I/O error", ..."""

    def __init__(self, message: str, kind: str):
        super().__init__(message)
        self.kind = kind
