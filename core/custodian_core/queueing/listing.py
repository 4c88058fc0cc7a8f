"""The jobs of a queue in pages, alike in every database."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from custodian_core.jobs import Job, place_of
from custodian_core.paging import one_more, page_of
from custodian_core.records import Page


def jobs_page(
    queries: Any,
    connection: Any,
    read: Callable[[Any], Job],
    host: str | None,
    after: str | None,
    limit: int,
) -> Page[Job]:
    """Some of what runs, then of what waits, as the statements of that name find it."""
    waits, number = place_of(after)
    place = {"after": after, "after_waits": waits, "after_id": number}
    found = queries.page(connection, host=host, **place, limit=one_more(limit))
    total = queries.count(connection, host=host)["total"]
    rows = page_of(found, total, limit, lambda row: f"{row['waits']}~{row['id']}")
    return replace(rows, items=tuple(map(read, rows.items)))
