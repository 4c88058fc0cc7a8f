"""What can go wrong, as facts a caller can act on.

CustodianError
├── FileTrouble      a path cannot be read or written as asked
├── BadValue         a value from outside that cannot be used
└── Refused          what was asked would break a promise, so nothing was done
    └── NotEditable      an edit of a workplan that cannot be made exactly
"""

from dataclasses import dataclass


class CustodianError(Exception):
    """Custodian could not do that."""

    def __str__(self) -> str:
        return (type(self).__doc__ or "").format_map(vars(self))


@dataclass(eq=False)
class FileTrouble(CustodianError):
    """{path}: {reason}"""

    path: str
    reason: str


@dataclass(eq=False)
class BadValue(CustodianError):
    """{what}: {reason}"""

    what: str
    reason: str


class Refused(CustodianError):
    """What was asked would break a promise, so nothing was done."""


@dataclass(eq=False)
class NotEditable(Refused):
    """{what} cannot be edited exactly: {reason}"""

    what: str
    reason: str
