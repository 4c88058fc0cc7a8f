"""What the log tells of vaults: each action that was asked for, whoever has to agree to it."""

from custodian_core.commands import RecordAsked
from custodian_core.errors import BadValue
from custodian_core.records import Event

from . import rows
from .writing import Writing, check_name

ASKED = "vault.asked"
FORMULA_LIMIT = 100
#: how much is kept of why; the file says all of it
CONTEXT_LIMIT = 500


def record_asked(tx: Writing, command: RecordAsked) -> Event:
    """The log tells of the action; what it told already of the same one, it tells once."""
    from custodian_core.ops.actions import ID, ID_RULE  # (which few programs need)
    from custodian_core.ops.tiers import Tier

    row = tx.repo_row(command.repo)
    if not ID.fullmatch(command.action):
        raise BadValue("action", f"it must be {ID_RULE}")
    if command.tier not in tuple(Tier):
        raise BadValue("tier", f"it must be one of {', '.join(Tier)}")
    check_name("formula", command.formula, FORMULA_LIMIT)
    subject_id = f"{row['id']}/{command.action}"
    told = {
        "tier": command.tier,
        "formula": command.formula,
        "context": command.context[:CONTEXT_LIMIT],
    }
    last = tx.one("last_event", type=ASKED, subject_id=subject_id)
    if last is None or rows.event(last).after != told:
        subject = f"{command.repo}/{command.action}"
        tx.event(ASKED, subject_id, subject=subject, repo=command.repo, after=told)
        last = tx.one("last_event", type=ASKED, subject_id=subject_id)
    assert last is not None  # noqa: S101 - it was there, or was just added
    return rows.event(last)
