"""The vault: what is asked for, how far it could do harm, and what people decided.

Nothing here runs an action or reads a secret. What is of tier high lies among the pending until a
person has approved it, where no dispatcher looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from custodian_core.commands import AnswerHuman, AskHuman, Caller, RecordAsked
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.findings import Finding, Severity
from custodian_core.ops import tiers
from custodian_core.ops.actions import ID, ID_RULE, Action, read_action, spell
from custodian_core.ops.procurement import Request, read_request
from custodian_core.ops.procurement import spell as spell_request
from custodian_core.ops.proposals import BRANCHES
from custodian_core.ops.tiers import Verdict
from custodian_core.ops.vault import (
    FOLDERS,
    PLACE,
    Outcome,
    State,
    added,
    asked_at,
    duplicate,
    lying_state,
    moved,
    resolve,
    stands_so,
    where_to,
)
from custodian_core.records import Event
from custodian_core.secrets import redact
from custodian_core.text import printable
from custodian_tools.checkouts import Target, registered
from custodian_tools.hub import every
from custodian_tools.sync.bench import Bench

from .branches import look
from .ground import Ground, OnDisk
from .sealing import Draft, Written, seal
from .vault_items import (
    FORMULAS,
    NOT_REJECTED,
    Item,
    all_requests,
    formulas_of,
    lying,
    named,
    policy_of,
)


def validate(target: Target, path: str, data: bytes | None = None) -> tuple[Finding, ...]:
    """All that is wrong with a file that is in the vault, or is to be."""
    ground = OnDisk(target.path)
    data = ground.data(path) if data is None else data
    if data is None:
        raise UnknownThing("file", path)
    if path.endswith(".toml"):
        return read_action(data, path, policy_of(ground), formulas_of(ground)).findings
    return read_request(data, path).findings


def classify(target: Target, formula: str, override: str | None = None) -> Verdict:
    """The tier of an action with that formula, and why."""
    return tiers.classify(policy_of(OnDisk(target.path)), formula, override)


def policy_drift(target: Target, formulas: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """What the policy and the formulas do not know of each other."""
    ground = OnDisk(target.path)
    known = frozenset(formulas) if formulas is not None else formulas_of(ground)
    if known is None:
        why = "the ops repo has no folder formulas/; say with --formulas where they are"
        raise BadValue("formulas", why)
    return tuple(tiers.drift(policy_of(ground), known, FORMULAS))


# --- asking


@dataclass(frozen=True, slots=True)
class Requested:
    """What came of a request."""

    path: str
    verdict: Verdict | None
    written: Written
    #: the question to a person, where one was opened
    question: str | None = None
    #: the event in the hub's log that tells of it
    event: int | None = None

    @property
    def state(self) -> State:
        """How it stands by where it lies: what was asked for before may have been decided."""
        return lying_state(self.path)

    @property
    def waits(self) -> bool:
        """Whether nothing goes on until a person has answered."""
        return self.state is State.PENDING

    def to_json(self) -> dict[str, Any]:
        """What was asked for, as `--json` and tools show it."""
        return {
            "path": self.path,
            "tier": self.verdict.tier.value if self.verdict else None,
            "why_tier": self.verdict.why if self.verdict else None,
            "state": self.state.value,
            "waits": self.waits,
            "question": self.question,
            "event": self.event,
            **self.written.to_json(),
        }


def request_action(
    bench: Bench, target: Target, action: Action, *, dry_run: bool = False
) -> Requested:
    """The action is asked for, once, and the hub's log says so.

    Of tier low that is all, of tier medium a person is told, of tier high a person is waited for.
    """
    decided: list[tuple[str, Verdict]] = []

    if action.id in look(target).proposing:
        why = (
            f"branch {BRANCHES}{action.id} proposes it; decide its pull request, or take an id anew"
        )
        raise Conflict(f"action {action.id}", why)

    def decide(ground: Ground) -> Draft:
        data = spell(action)
        verdict = tiers.classify(policy_of(ground), action.formula, action.blast_radius)
        path = where_to(verdict.tier.waits, action.id)
        reading = read_action(data, path, policy_of(ground), formulas_of(ground))
        _refuse_failures(reading.findings, f"action {action.id}")
        there = _there(ground, action.id)
        kept = redact(data.decode()).encode()  # as it was written, had it been asked before
        if there and not (ground.data(there) or b"").startswith((data, kept)):
            raise Conflict(f"action {action.id}", f"{there} has that id and says something else")
        decided[:] = [(there or path, verdict)]
        files = {} if there else {path: data}
        subject = added(action.id, verdict.tier)
        return Draft(files, subject, (f"Tier {verdict.tier}: {verdict.why}.",))

    if dry_run:
        written = seal(bench, target, decide, dry_run=True)
        return Requested(*decided[0], written)
    asks = registered(target)
    written = seal(bench, asks, decide)
    path, verdict = decided[0]
    told = RecordAsked(asks.name, action.id, action.formula, verdict.tier, action.context)
    event: Event = bench.hub.do(told, bench.by)
    question = None
    if verdict.tier.asks and path == where_to(verdict.tier.waits, action.id):
        does = "waits for you" if verdict.tier.waits else "goes on"
        asked = f"vault: {action.id} ({verdict.tier}) {does}"
        context = f"{action.formula}: {action.context}"
        question = _ask(bench, asks, asked, context, path, waits=verdict.tier.waits)
    return Requested(path, verdict, written, question, event.seq)


def request_procurement(
    bench: Bench,
    target: Target,
    name: str,
    *,
    title: str,
    what: str,
    why: str,
    human: Sequence[str],
    then: Sequence[str],
    unblocks: Sequence[str],
    dry_run: bool = False,
) -> Requested:
    """A person is asked for something, once: by name and by title."""
    path = f"vault/pending/{name}.md"
    if not ID.fullmatch(name):
        raise BadValue("name", f"'{printable(name, 60)}' must be {ID_RULE}")
    data = spell_request(title, what, why, human, then, unblocks)
    request = read_request(data, path)
    _refuse_failures([*request.findings, *_grave(request)], f"request {name}")

    def decide(ground: Ground) -> Draft:
        if ground.data(f"vault/rejected/{name}.md") is not None:
            why = f"a person rejected it, vault/rejected/{name}.md says why; ask by another name"
            raise Conflict(f"request {name}", why)
        same = duplicate(request, all_requests(ground, NOT_REJECTED))
        kept = redact(data.decode()).encode()
        if same and not (same.path == path and ground.data(path) in (data, kept)):
            raise Conflict(f"request {name}", f"{same.path} asks for the same")
        return Draft({path: data}, f"vault: request {name}", (f"By {bench.by.name}.",))

    asks = registered(target) if not dry_run else target
    written = seal(bench, asks, decide, dry_run=dry_run)
    question = None
    if not dry_run:
        question = _ask(bench, asks, f"vault: {title}", what, path, waits=True)
    return Requested(path, None, written, question)


def _ask(
    bench: Bench, target: Target, question: str, context: str, path: str, *, waits: bool
) -> str:
    """A question is open that names the file; asking again opens no second one.

    What waits is not decided by an answer: `settle` moves the file, and that answers. Where a
    person has answered all the same, the question is opened anew.
    """
    how = (
        f"; decide with `custodian vault resolve {PurePosixPath(path).stem} approved` or `rejected`"
    )
    asked = AskHuman(
        printable(redact(question), 300),
        target.repo,
        context=f"{printable(redact(context), 500)}{how if waits else ''} ({path})",
        options=() if waits else ("seen",),
    )
    # The same request asked again has the same key, so its first question is the answer.
    key = again = f"vault:{target.repo}:{path}"
    while True:
        told = bench.hub.do(asked, Caller(bench.by.name, idempotency_key=again))
        if not waits or bench.hub.intervention(told.id).is_open:
            return str(told.id)
        again = f"{key}:{told.id}"


# --- deciding


def settle(
    bench: Bench,
    target: Target,
    name: str,
    outcome: Outcome,
    note: str = "",
    *,
    dry_run: bool = False,
) -> Written:
    """What a person decided is where everybody looks, with who and when; its question is closed."""
    paths: list[str] = []
    proposed = look(target).proposing

    def decide(ground: Ground) -> Draft:
        items = lying(ground)
        if name in proposed and not any(name in (item.name, item.path) for item in items):
            why = f"only branch {BRANCHES}{name} has it; it is decided at its pull request"
            raise Conflict(f"vault item '{name}'", why)
        item = _committed(target, items, name)
        paths[:] = [item.path, asked_at(item.path)]
        if stands_so(item.path, outcome):
            return Draft({}, f"vault: {item.name} {outcome}")
        move = resolve(item.path, outcome, bench.by.name, bench.clock(), note)
        if item.kind == "action" and outcome is Outcome.APPROVED:
            _refuse_failures(item.findings, f"action {item.name}")
        if ground.data(move.new) is not None:
            raise Conflict(move.new, "it is there already")
        data = ground.data(item.path) or b""
        subject = f"vault: {item.name} {outcome}"
        files = {move.old: None, move.new: moved(data, move)}
        return Draft(files, subject, (f"By {bench.by.name}.", *([note] if note else [])))

    written = seal(bench, target, decide, dry_run=dry_run)
    if dry_run:
        return written
    if target.repo is None:
        why = "a question about it may stay open: the hub knows no repo here; `custodian register`"
        return replace(written, not_done=(*written.not_done, why))
    _answer(bench, target.repo, paths, outcome, note)
    return written


def _committed(target: Target, items: Sequence[Item], name: str) -> Item:
    """The item of that name as it is committed, which is all that can be decided.

    One that somebody else has decided meanwhile lies no more where its path says.
    """
    try:
        return named(items, name)
    except UnknownThing:
        file = name.rpartition("/")[2] if PLACE.fullmatch(name) else None
        elsewhere = [each for each in items if each.path.rpartition("/")[2] == file]
        if len(elsewhere) == 1:
            return elsewhere[0]
        here = [each.path for each in lying(OnDisk(target.path)) if name in (each.name, each.path)]
        if not here:
            raise
        raise Conflict(here[0], "it is not committed; commit it and push it first") from None


def _answer(bench: Bench, repo: str, paths: Sequence[str], outcome: Outcome, note: str) -> None:
    """The open questions about the file are answered, though an earlier run could not do it."""
    answer = f"{outcome}: {redact(note)}" if note else outcome.value
    ends = tuple(f"({path})" for path in paths)
    for asked in list(every(bench.hub.interventions, repo=repo)):
        if asked.context.endswith(ends):
            bench.hub.do(AnswerHuman(asked.id, answer), bench.by)


def _there(ground: Ground, action_id: str) -> str | None:
    """The file that has the action's id already, in whatever folder."""
    places = (f"vault/{folder}/{action_id}.toml" for folder in ("actions", *FOLDERS))
    return next((path for path in places if ground.data(path) is not None), None)


def _grave(request: Request) -> Iterable[Finding]:
    """What lets a request pass where it lies is refused where one is made."""
    return (replace(each, severity=Severity.FAIL) for each in request.findings)


def _refuse_failures(findings: Iterable[Finding], what: str) -> None:
    wrong = [each.message for each in findings if each.severity is Severity.FAIL]
    if wrong:
        raise BadValue(what, "; ".join(dict.fromkeys(wrong)))
