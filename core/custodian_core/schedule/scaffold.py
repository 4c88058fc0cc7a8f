"""An example of a schedule, with every line explained; nothing runs until it is switched on."""

from .cadence import zone
from .grammar import VERSION

_EXAMPLE = """\
# Which agents run in this repo, and when: `custodian schedule validate` says if it can be used.
# Who runs them is another program's business; it asks `custodian schedule discover` and `prepare`.
# Editors that know YAML complete and check it by what `custodian schedule schema` prints.
version: {version}
# Nothing runs until this is true.
enabled: false
timezone: {timezone}
entries:
  - agent: coach
    # daily, weekly, monthly, or five fields of cron: "0 9 * * 1"
    cadence: weekly
    weekday: monday          # for monthly: the first such day, or `day: 1` to `31` or `last`
    time: "09:00"
    jitter_minutes: 15       # how late it may begin, so that not all repos begin at once
    budget_minutes: 30       # how long it may take
    # What it is given, relative to the repo's top folder: a file, a folder, or a list of both. Each
    # is looked for in its usual place, as here, where it is not named.
    # inputs:
    #   prompt: .kaizen/agents/coach/prompt.md
    #   memory: .kaizen/agents/coach/memory.md
    #   metrics: .kaizen/metrics/coach
    #   files: [README.md, docs]
    # required: [prompt]     # no run is prepared without it
    tags: [orientation]
    notes: Looks at what was done last week and says what to do first.
  - agent: optimizer
    enabled: false
    cadence: "0 7 * * 5"
    notes: Reviews the metrics and proposes one improvement.
"""


def example(timezone: str = "UTC") -> bytes:
    """The text of a new schedule."""
    zone(timezone)
    return _EXAMPLE.format(version=VERSION, timezone=timezone).encode()
