"""The few lines in AGENTS.md and CLAUDE.md that tell an agent how to work with Custodian."""

import re

from .fenced import NEW, Block, Damaged, Marks, State, find, put, take_out

#: the files that agents read of themselves, in the order in which they are looked for
FILES = ("AGENTS.md", "CLAUDE.md")

_MARKS = Marks(
    begin=re.compile(rb"<!-- BEGIN custodian v\d+(?P<said>(?: new| glued)*)(?::[^\n]*)? -->[ \t]*"),
    end=re.compile(rb"<!-- END custodian -->[ \t]*"),
    word=re.compile(rb"<!--\s*(?:BEGIN|END)\s+custodian(?![\w-])", re.IGNORECASE),
)

#: It is read at the beginning of every session, so that each word costs: at most 150 tokens.
_BLOCK = """\
<!-- BEGIN custodian v1{said}: by `custodian agents-md` -->
## Custodian

- Start: `custodian dispatch {repo}` (MCP `get_repo_dispatch`) says what to do; claim it.
- Report: `custodian task status KEY done`, `custodian task note KEY TEXT`. Unsure: \
`custodian human ask TEXT --task KEY`.
- Close: commit workplans, `git pull --ff-only`, `custodian fix {repo}`.
- Never edit `state_hub_*`.
<!-- END custodian -->"""


def installed(repo: str, data: bytes | None) -> bytes:
    """The file with the lines for the repo; `data` is None where there is none."""

    def write(said: frozenset[str]) -> bytes:
        return _BLOCK.format(repo=repo, said="".join(f" {word}" for word in sorted(said))).encode()

    return put(data, _MARKS, write)


def unfit(data: bytes) -> str | None:
    """Why the lines cannot be put into the file or taken out; None where they can."""
    if b"\0" in data:
        return "it is not UTF-8 text"
    block = find(data, _MARKS)
    return f"{block.why}; mend it by hand" if isinstance(block, Damaged) else None


def state(repo: str, data: bytes | None) -> tuple[State, str | None]:
    """How the lines stand in the file, and why where that is not plain."""
    if data is None:
        return State.ABSENT, None
    if reason := unfit(data):
        return State.FOREIGN, reason
    if find(data, _MARKS) is None:
        return State.ABSENT, None
    if installed(repo, data) != data:
        return State.OUTDATED, "its lines are older, or were edited"
    return State.INSTALLED, None


def uninstalled(data: bytes) -> bytes | None:
    """The file as it was; None where there was none, and nothing was added since."""
    block = find(data, _MARKS)
    if not isinstance(block, Block):
        return data
    rest = take_out(data, block)
    return None if NEW in block.said and not rest else rest


def reads(data: bytes, other: str) -> bool:
    """Whether the file takes in the other one, as `@AGENTS.md` on a line of its own does."""
    return re.search(rb"(?m)^@(?:\./)?%s[ \t\r]*$" % re.escape(other.encode()), data) is not None
