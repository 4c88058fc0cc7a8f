"""The descriptors of the protocol, out of reach of whatever else prints or reads."""

import os

CHUNK = 256 * 1024


class Wire:
    """Where a client's lines come from, and where answers go."""

    __slots__ = ("input", "output")

    def __init__(self, input_: int, output: int) -> None:
        self.input = input_
        self.output = output

    @classmethod
    def taken(cls) -> "Wire":
        """Standard input and output; in their places stand nothing, and standard error."""
        wire = cls(os.dup(0), os.dup(1))  # (no child inherits them)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return wire

    def read(self) -> bytes:
        """What has come; nothing once the client has closed its end."""
        try:
            return os.read(self.input, CHUNK)
        except OSError:  # a socket or terminal that is gone, which is an end as well
            return b""

    def write(self, data: bytes) -> None:
        """All of it is written; `OSError` where nobody reads any more."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.output, rest) :]
