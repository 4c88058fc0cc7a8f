"""The repos of the demo: what each is for, and in which state its visitor finds it."""

from dataclasses import dataclass

ORG = "demo"


@dataclass(frozen=True, slots=True)
class Story:
    """A repo, its plan, and what happened to it."""

    slug: str
    domain: str
    goal: str
    #: the titles of its tasks, with a status each
    tasks: tuple[tuple[str, str], ...] = ()
    title: str = ""
    prefix: str = ""
    #: a word for what is done to it once all are in step; see `Fleet`
    happening: str = ""
    hosts: tuple[str, ...] = ("laptop",)
    #: the entries of its schedule: who runs, and when
    schedule: tuple[tuple[str, str], ...] = ()
    #: other files that it begins with
    files: tuple[tuple[str, str], ...] = ()
    #: actions that only branches have: an id, a formula, what for, and whether somebody has refused
    proposed: tuple[tuple[str, str, str, bool], ...] = ()


TREE = """\
# Prerequisite Tree
<!-- Last updated: 2026-11-20 -->

## Objective: Maps — tiles in 50 ms (#31)
- [x] Hot tiles are known (#12 — closed)
- [ ] A machine with enough memory (#14 — blocked) blocked-on-vault (vault/pending/memory.toml)
- [ ] Tiles stay in memory (#15 — backlog, depends on #14)
Status: BLOCKED — #14 waits for a human

## Objective: Office — invoices on the first (#32)
- [ ] The tax rule is chosen (#21 — backlog)
- [ ] One invoice was sent to ourselves (#22 — backlog, depends on #21)
Status: READY

## Objective: Network — quiet deploys (#33)
- [ ] A machine with enough memory (#14 — blocked)
- [ ] Sockets are handed over (#23 — backlog)
Status: BLOCKED — #14
"""

POLICY = """\
[tiers]
triage = "low"
report = "low"
deploy = "medium"
purchase = "high"
"""

ORDER = """\
id = "memory"
formula = "purchase"
context = "The tile server swaps; 64 GB would hold all hot tiles (issue 14)."
secrets = ["DEPLOY_KEY"]
"""


STORIES = (
    Story(
        "acme-ops",
        "office",
        "Nothing waits for us without our knowing",
        files=(
            ("prerequisites.md", TREE),
            ("vault/policy.toml", POLICY),
            ("vault/pending/memory.toml", ORDER),
        ),
        proposed=(
            ("publish-maps", "release", "The new tiles are checked; put them on the site.", False),
            ("prune-tiles", "purge", "Throw away tiles of 2019, to make room.", True),
        ),
    ),
    Story(
        "atlas-api",
        "maps",
        "Answer every tile request in 50 ms",
        (
            ("Measure today's answer times", "done"),
            ("Keep hot tiles in memory", "in_progress"),
            ("Prefetch the neighbours of a tile", "todo"),
            ("Drop tiles nobody asks for", "todo"),
        ),
        "Tiles in memory",
        "ATL",
        "claimed",
        ("laptop", "workshop"),
        (("coach", "0 9 * * 1"), ("optimizer", "30 7 * * 5")),
    ),
    Story(
        "billing",
        "office",
        "Invoices leave on the first of the month",
        (
            ("Read last year's invoices", "done"),
            ("Choose the tax rule for Switzerland", "blocked"),
            ("Send one invoice to ourselves", "todo"),
            ("Send them all", "todo"),
        ),
        "Invoices on time",
        "BIL",
        "question",
    ),
    Story(
        "docs-site",
        "office",
        "Everybody finds the manual",
        (("Collect what is written", "done"), ("Publish it", "done")),
        "The manual",
        "DOC",
        schedule=(("coach", "0 8 * * *"),),
    ),
    Story(
        "edge-proxy",
        "network",
        "No dropped connection in a deploy",
        (
            ("Drain before a restart", "in_progress"),
            ("Hand sockets over", "todo"),
        ),
        "Quiet deploys",
        "EDG",
        "diverged",
        ("laptop", "workshop"),
    ),
    Story(
        "field-notes",
        "maps",
        "Notes are there without a signal",
        (("Store notes on the phone", "done"), ("Send them when there is a signal", "todo")),
        "Notes without a signal",
        "FLD",
        "behind",
        ("laptop", "workshop"),
    ),
    Story(
        "grafana-boards",
        "network",
        "One board a service",
        happening="no plan",
        schedule=(("coach", "0 9 30 2 *"),),
    ),
    Story(
        "hermes",
        "network",
        "Mail arrives once",
        (("Give each mail a key", "in_progress"), ("Refuse a key seen before", "todo")),
        "Once and only once",
        "HER",
        "offline",
    ),
    Story(
        "ingest",
        "maps",
        "New surveys are in within an hour",
        (
            ("Read surveys as they come", "todo"),
            ("Say which are broken", "todo"),
            ("Show how far it is", "todo"),
        ),
        "Surveys in an hour",
        "ING",
        "moved in the hub",
    ),
    Story(
        "jupiter",
        "research",
        "The nightly model trains by itself",
        (("Write down the steps", "done"), ("Run them at night", "finsihed")),
        "Nightly training",
        "JUP",
    ),
    Story(
        "kiosk",
        "office",
        "The kiosk starts by itself",
        (("Start after a power cut", "todo"), ("Show the map at once", "todo")),
        "A kiosk that starts",
        "KIO",
        "protected",
    ),
    Story(
        "lighthouse",
        "network",
        "We know within a minute when a site is down",
        happening="never synced",
    ),
    Story(
        "mailer",
        "office",
        "One letter, one template",
        (("List the templates", "done"), ("Merge those that say the same", "todo")),
        "Fewer templates",
        "MAI",
        "stale",
    ),
    Story(
        "nomad-jobs",
        "network",
        "Jobs restart where they stopped",
        (("Write checkpoints", "in_progress"), ("Read them at the start", "todo")),
        "Jobs that go on",
        "NOM",
        "ageing",
    ),
)

#: repos that only the forge knows
UNREGISTERED = (
    ("survey-tools", "Scripts for people who measure", "Python", ("workplans/SUR-WP-0001.md",)),
    ("tile-fonts", "Fonts of the maps", "", ("README.md",)),
    ("old-intranet", "The intranet until 2019", "PHP", ("index.php",)),
    ("playground", "", "", ()),
)
