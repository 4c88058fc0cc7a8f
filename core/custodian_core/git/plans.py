"""Workplans read from a commit, not from disk: no link is followed, no half-saved file is seen."""

import os
from collections.abc import Iterator

from custodian_core.findings import Finding, found
from custodian_core.plan import Source
from custodian_core.workplan.cache import Readings
from custodian_core.workplan.model import Reading
from custodian_core.workplan.read import too_large

from .listing import Listing, blobs
from .runner import Git


def read_plans(
    git: Git, listing: Listing, readings: Readings, dirty: frozenset[str] = frozenset()
) -> Iterator[Source]:
    """The readings of the listing's files; what was read before is not read again."""
    plain = listing.plain
    unread = [entry for entry in plain if readings.seen(entry.blob, entry.path) is None]
    texts = blobs(git, unread)
    for entry in plain:
        reading = readings.seen(entry.blob, entry.path)
        if reading is None:
            text = texts.get(entry.blob)
            if text is None:
                reading = Reading(entry.path, None, (too_large(entry.path),))
            else:
                reading = readings.read(text, entry.path, entry.blob)
        yield Source(entry.path, entry.blob, reading, entry.path in dirty)


def links(listing: Listing) -> Iterator[Finding]:
    """C-21 for each entry that is no plain file of the repo."""
    for entry in listing.entries:
        if entry.unsafe:
            path = os.fsencode(entry.path).decode(errors="replace")
            yield found("C-21", {"what": "workplan", "why": entry.unsafe}, path=path)
