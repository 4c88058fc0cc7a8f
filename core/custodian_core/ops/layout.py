"""What an ops repo consists of: what is missing, what is odd, and what is put there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from custodian_core.findings import Finding, Severity, found
from custodian_core.text import printable

from .evidence import DOMAINS
from .tiers import PATH as POLICY
from .tiers import TEMPLATE as POLICY_TEMPLATE
from .vault import FOLDERS

TREE = "prerequisites.md"
#: a longer path can lie in no checkout
LONGEST = 4096
NONE: frozenset[str] = frozenset()
LINK = "link or another repo"
FOLDERS_WANTED = (
    *(f"vault/{folder}" for folder in ("actions", *FOLDERS)),
    "knowledge",
    *(f"evidence/{domain}" for domain in DOMAINS),
    "sprints",
    "incidents",
)
_README = """\
# Operations

What is known and decided beside the code, one folder a concern.

| path | what | who writes |
| --- | --- | --- |
| `prerequisites.md` | objectives, and what each needs first | the planner |
| `sprints/` | pitches, and the work they are broken down into | the architect |
| `vault/actions/` | actions that a dispatcher may run, and what came of them | whoever requests |
| `vault/{pending,approved,fired,rejected}/` | what people are asked for | people |
| `vault/policy.toml` | how far each formula can do harm | the operator |
| `evidence/` | measurements, by domain and day | what measures |
| `knowledge/` | what was learned | everybody |
| `incidents/` | what went wrong | the supervisor |
| `portfolio.md`, `RESOURCES.md` | what can be reached and seen; accounts and machines | people |
"""
#: files that are written where they are missing; they are never overwritten
TEMPLATES: Mapping[str, str] = {
    "README.md": _README,
    TREE: "# Prerequisite Tree\n<!-- Last updated: {day} -->\n\n"
    "<!-- ## Objective: Group — Name (#1)\n- [ ] what it needs (#2 — backlog)\n"
    "Status: READY -->\n",
    "portfolio.md": "# Portfolio\n\n## Addressables\n\n## Observables\n",
    "RESOURCES.md": "# Resources\n\n## Accounts\n\n## Tokens\n\n## Infrastructure\n",
    POLICY: POLICY_TEMPLATE,
}
#: how each begins, and how an older hand began it
TITLES: Mapping[str, tuple[str, ...]] = {
    TREE: ("# Prerequisite Tree",),
    "RESOURCES.md": ("# Resources", "# RESOURCES"),
    "portfolio.md": ("# Portfolio",),
}
#: where things lay once
_BYGONE: Mapping[str, str] = {
    "planner/prerequisite-tree.md": f"is the old place of {TREE}",
    "action-vault/policy.toml": f"is the old place of {POLICY}",
    "journal/": "holds journals, which lie with each agent now",
}


@dataclass(frozen=True, slots=True)
class Seed:
    """A file that is to be put where there is none."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """How an ops repo stands, and what would complete it."""

    seeds: tuple[Seed, ...]
    findings: tuple[Finding, ...]


def is_ops_repo(paths: Iterable[str]) -> bool:
    """Whether it looks like an ops repo, and not like one of code."""
    return any(
        path == TREE or path.startswith(("vault/", "sprints/", "evidence/")) for path in paths
    )


def not_there(paths: Iterable[str], folder: str, what: str) -> tuple[Finding, ...]:
    """That nothing is known where the folder is not: graver where nothing else is there either."""
    there = tuple(paths)
    if any(path.startswith(folder) for path in there):
        return ()
    severity = Severity.WARN if is_ops_repo(there) else Severity.FAIL
    return (found("DF01", {"path": folder, "what": what}, path=folder, severity=severity),)


def examine(
    paths: Iterable[str], begins: Mapping[str, str], day: str, others: frozenset[str] = NONE
) -> Layout:
    """What is missing and odd among the paths; `begins` has the first line of known files.

    `others` are links and repos inside of this one: nothing is put in their place.
    """
    there = sorted(path for path in paths if len(path) <= LONGEST)
    files = frozenset(there)
    folders = {each for path in there for each in _above(path)}
    seeds: list[Seed] = []
    findings: list[Finding] = []
    for folder in FOLDERS_WANTED:
        blocked = next((each for each in (*_above(folder), folder) if each in files | others), None)
        if blocked:
            findings.append(_in_the_way(blocked, others, "folder"))
        elif folder not in folders:
            findings.append(found("OL01", {"path": f"{folder}/"}, path=folder))
            seeds.append(Seed(f"{folder}/.gitkeep", b""))
    for path, text in TEMPLATES.items():
        if path in others or path in folders:
            findings.append(_in_the_way(path, others, "file"))
        elif path not in files and not any(each in files | others for each in _above(path)):
            findings.append(found("OL01", {"path": path}, path=path))
            seeds.append(Seed(path, text.replace("{day}", day).encode()))
    findings += _drift(there, files, begins)
    return Layout(tuple(seeds), tuple(dict.fromkeys(findings)))


def _in_the_way(path: str, others: frozenset[str], belongs: str) -> Finding:
    is_ = "folder" if belongs == "file" else "file"
    facts = {"path": path, "what": LINK if path in others else is_, "belongs": belongs}
    return found("OL04", facts, path=path)


def _drift(there: list[str], files: frozenset[str], begins: Mapping[str, str]) -> Iterator[Finding]:
    for path, titles in TITLES.items():
        said = begins.get(path)
        if path in files and said is not None and said.strip() not in titles:
            facts = {"path": path, "said": printable(said.strip(), 60), "expected": titles[0]}
            yield found("OL02", facts, path=path, line=1)
    for bygone, why in _BYGONE.items():
        if any(path == bygone or path.startswith(bygone) for path in there):
            yield found("OL03", {"path": bygone, "why": why}, path=bygone)
    for path in there:
        folder, _, name = path.rpartition("/")
        waits = folder.removeprefix("vault/") in FOLDERS and folder.startswith("vault/")
        if waits and name.endswith(".json"):
            why = "is an action of the old kind, which no dispatcher runs"
            yield found("OL03", {"path": printable(path, 100), "why": why}, path=path)


def _above(path: str) -> list[str]:
    """The folders that the path lies in."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]
