"""Trees to test with."""

TREE = """\
# Prerequisite Tree
<!-- Last updated: 2026-05-02 -->

## Objective: Adoption — CSV export (#31)
- [x] Row schema agreed (#12 — closed)
- [ ] Signing key for releases (#14 — blocked) blocked-on-vault (vault/pending/acme-signing-key.md)
- [ ] Streaming writer (#15 — backlog, depends on #14)
- Note: nobody has asked for TSV
Status: BLOCKED — #14 waits for a human

## --- ADOPTION MILESTONE: IN PROGRESS ---
"""


def tree(*objectives: str, date: str = "2026-05-02") -> bytes:
    """A tree of these objectives, each with its lines."""
    head = f"# Prerequisite Tree\n<!-- Last updated: {date} -->\n\n"
    return (head + "\n".join(each.removesuffix("\n") + "\n" for each in objectives)).encode()


def objective(name: str, status: str, *items: str) -> str:
    """An objective as it is written."""
    lines = [f"## Objective: {name}", *(f"- {item}" for item in items), f"Status: {status}"]
    return "\n".join(lines) + "\n"
