"""The benchmarks there are, in the order in which they are told."""

from typing import Final

#: what each is about; one module `bench_NAME` holds its `rows()`
AREAS: Final = {
    "startup": "Starting, and calls of a warm server",
    "workplans": "Reading and editing workplans",
    "hub": "Picking and claiming, the same over HTTP, and lists",
    "crowd": "Twelve processes at one hub",
    "sync": "Check, sweep and one change",
    "hooks": "A commit with the hook",
    "schedules": "Schedules",
    "forge": "Listing a forge",
    "ops": "Ops repos",
    "dashboard": "The health page of 1,000 repos",
    "queue": "The queue",
    "scale": "Many hosts and replicas",
    "growth": "Cost against size",
    "peers": "Beside other programs",
}
