"""The names that git gives to bytes, and how many bytes are read at all."""

import hashlib

#: how large a workplan may be: what is larger is no text that people write
MAX_FILE = 1024 * 1024


def blob_id(data: bytes) -> str:
    """The id that git gives to these bytes in a SHA-1 repository."""
    head = b"blob %d\0" % len(data)
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
