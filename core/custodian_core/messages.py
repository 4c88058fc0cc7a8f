"""The messages of automated commits: what was synced, by which run, from which hub."""

from collections.abc import Iterable
from datetime import date

from .plan import Edit
from .text import printable

SUBJECT = "chore(consistency): sync task status from DB [auto]"
LINKED = "chore(consistency): link workplans to DB [auto]"
BRIEF = "chore(consistency): update the brief from DB [auto]"


def message(edits: Iterable[Edit], run_id: str, hub_id: str, today: date) -> str:
    """The message of the commit that holds these edits."""
    edits = tuple(edits)
    moved = [f"- {printable(e.what)}: {e.old or 'unset'} → {e.new}" for e in edits if e.new]
    linked = [f"- {printable(e.what)}: linked" for e in edits if e.link]
    subject = SUBJECT if moved else LINKED if linked else BRIEF
    rows = [subject, "", f"Updated by fix-consistency on {today.isoformat()}:", *moved, *linked]
    if not moved and not linked:
        rows.append("- .custodian-brief.md")
    # Nothing foreign begins a line, so that nothing can pass for a trailer.
    marks = [f"Custodian-Sync: {printable(run_id)}", f"Custodian-Hub: {printable(hub_id)}"]
    return "\n".join([*rows, "", *marks, ""])
