"""Generated workplans that look like the ones people write: front matter, prose, task blocks."""

import random
import uuid
from collections.abc import Sequence

_TEXT = """the repo keeps its plans in step with every remote and tells nobody who asks twice
hub task status file commit branch merge push seal writes back what was decided before"""
_WORDS = _TEXT.split()
STATUSES = ("todo", "in_progress", "blocked", "done", "cancelled")
_PRIORITIES = ("critical", "high", "medium", "low")


def words(rng: random.Random, count: int) -> str:
    """So many words that mean little."""
    return " ".join(rng.choice(_WORDS) for _ in range(count))


def plan(
    number: int,
    rng: random.Random,
    tasks: int | None = None,
    statuses: Sequence[str] = STATUSES,
) -> bytes:
    """One workplan of about 4 KB; the same `number` and `rng` state give the same bytes."""

    def prose(count: int) -> str:
        said = words(rng, count).split()
        lines = [" ".join(said[i : i + 12]) for i in range(0, count, 12)]
        return "\n".join(lines) + "."

    def new_id() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    key = f"BNCH-WP-{number:05d}"
    parts = [
        f"""---
id: {key}
type: workplan
title: "Plan {number} — {words(rng, 4)}"
domain: custodian
repo: the-bench
status: {rng.choice(("active", "todo", "in_progress"))}
owner: custodian
topic_slug: custodian
created: "2026-03-21"
updated: "2026-03-21"
state_hub_workstream_id: "{new_id()}"
---

# {key} — plan {number}

## Problem

{prose(60)}

## Goal

{prose(36)}

## Tasks
"""
    ]
    parts += [
        f"""
### T{place:02d} — {words(rng, 5)}

```task
id: {key}-T{place:02d}
status: {rng.choice(statuses)}
priority: {rng.choice(_PRIORITIES)}
state_hub_task_id: "{new_id()}"
```

{prose(30)}

Acceptance: {prose(14)}

---
"""
        for place in range(1, (tasks or rng.choice((6, 7, 7, 7, 8))) + 1)
    ]
    return "".join(parts).encode()


def plans(count: int, seed: int = 20261121) -> list[bytes]:
    """`count` workplans."""
    rng = random.Random(seed)  # noqa: S311 - the same plans on every run
    return [plan(number, rng) for number in range(count)]
