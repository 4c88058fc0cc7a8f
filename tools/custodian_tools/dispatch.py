"""What a repo's agent should do next: claimed where it says who it is, and told in three ways."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import now, stamp
from custodian_core.commands import Caller, ClaimTask
from custodian_core.direction import Checkout, Direction, Facts, direct
from custodian_core.errors import Conflict, CustodianError, NothingToDo, UnknownThing
from custodian_core.git.state import Checkout as Probed
from custodian_core.git.state import NotHere, probe
from custodian_core.payload import payload as payload_of
from custodian_core.ports import Hub
from custodian_core.records import Claim, Dispatch, Intervention, Repo, Task
from custodian_core.settings import Settings
from custodian_core.status import Status
from custodian_core.text import printable

from .hub import ago
from .registering import below_roots

#: how much of each part a brief tells; the rest is a call away
LONGEST_TEXT = 1500
LONGEST_LINE = 400
MOST_QUESTIONS = 5
MOST_WORKSTREAMS = 10
MOST_ACCEPTED = 30
#: what each directive ends a command with
EXITS = {"work": 0, "resume": 0, "none": 3, "sync_first": 4, "human_needed": 5, "blocked": 5}
#: of how many tasks that come first it is looked up how they stand
MOST_NEEDS = 10


def payload(
    hub: Hub,
    settings: Settings,
    slug: str,
    *,
    claim: ClaimTask | None = None,
    by: Caller | None = None,
) -> dict[str, Any]:
    """What is to be done in the repo, as an agent gets it; with `claim`, claimed."""
    return payload_of(facts(hub, settings, slug, claim=claim, by=by))


def facts(
    hub: Hub,
    settings: Settings,
    slug: str,
    *,
    claim: ClaimTask | None = None,
    by: Caller | None = None,
) -> Facts:
    """All that a dispatch tells; nothing is claimed where the checkout must be synced first."""
    here = standing(hub.repo(slug), settings)
    checkout = here if isinstance(here, Checkout) else None
    if claim is None or (checkout and checkout.behind):
        found = hub.dispatch(slug)
    else:
        found = claim_next(hub, replace(claim, repo=slug, task=None), by or Caller(claim.holder))
    mine = found.claim.id if found.claim else None
    told = Facts(
        dispatch=found,
        at=now(),
        host=settings.host,
        checkout=checkout,
        no_checkout=here.why if isinstance(here, NotHere) else "",
        needs=tuple(_needs(hub, found.task)),
        others=tuple(each for each in hub.claims(repo=slug) if each.id != mine),
        counts=_counts(hub, slug),
    )
    return told if claim is None or mine else replace(told, no_lease=found.reason)


def exit_of(facts: Facts) -> int:
    """The exit code of whoever asks: 0 there is work, else why there is none."""
    return EXITS[direction(facts).directive]


def direction(facts: Facts) -> Direction:
    """What to do, and why."""
    return direct(facts.dispatch, facts.checkout, facts.others)


def standing(repo: Repo, settings: Settings) -> Checkout | NotHere:
    """Where the repo's checkout on this host stands, as last fetched; or why that is not known."""
    path = repo.host_paths.get(settings.host)
    if path is None:
        told = f"it has no checkout on {settings.host}; `custodian register PATH` makes one known"
        return NotHere("not-here", told)
    try:
        found = probe(below_roots(Path(path), settings), repo.default_branch)
    except CustodianError as error:
        return NotHere("outside-roots", str(error))
    return found if isinstance(found, NotHere) else plain(found)


def plain(found: Probed) -> Checkout:
    """Where the checkout stands, as a dispatch tells it."""
    changed = found.git.run("status", "--porcelain", "--untracked-files=no", "--no-renames")
    return Checkout(
        path=str(found.folders.top),
        branch=found.branch,
        head=found.head,
        upstream=f"{found.remote}/{found.remote_branch}",
        ahead=found.ahead,
        behind=found.behind,
        dirty=bool(changed.out) if changed.ok else None,
        fetched_at=_fetched_at(found),
    )


def _fetched_at(found: Probed) -> datetime | None:
    """When the remembered branch was last written, by a fetch or a push."""
    written: list[float] = []
    for path in (found.folders.own / "FETCH_HEAD", found.folders.common / found.tracking):
        with suppress(OSError):
            written.append(path.stat().st_mtime)
    return datetime.fromtimestamp(int(max(written)), UTC) if written else None


def _needs(hub: Hub, task: Task | None) -> Iterator[tuple[str, Status | None]]:
    """How each task stands that comes before this one."""
    for key in task.depends_on[:MOST_NEEDS] if task else ():
        try:
            yield key, hub.task(key).status
        except (UnknownThing, Conflict):  # nobody knows it, or several repos do
            yield key, None


def _counts(hub: Hub, slug: str) -> tuple[tuple[str, int], ...]:
    for each in hub.counts():
        if each.repo_slug == slug:
            return tuple((status.value, each.tasks.get(status, 0)) for status in Status)
    return ()


def claim_next(hub: Hub, command: ClaimTask, by: Caller) -> Dispatch:
    """What is to be done in the repo, claimed for the holder; where nothing is, why."""
    assert command.repo is not None  # noqa: S101 - what the caller is here for
    try:
        return hub.claim_next(command, by)
    except NothingToDo as nothing:
        return _unclaimed(hub.dispatch(command.repo), nothing.reason)


def _unclaimed(now: Dispatch, reason: str) -> Dispatch:
    """What is known, without a task: one that came free a moment later is nobody's yet."""
    if now.task is None:
        return now
    return replace(now, directive="none", reason=reason, task=None)


def brief(facts: Facts) -> str:
    """The dispatch as a person reads it; what others wrote stands behind `|`."""
    return "\n".join(_lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    dispatch, to_do = facts.dispatch, direction(facts)
    yield f"{dispatch.repo_slug}: {to_do.directive}: {printable(to_do.reason)}"
    yield from _goal(dispatch)
    yield f"synced  {ago(dispatch.last_state_synced_at, facts.at)}"
    yield f"here    {_here(facts)}"
    if dispatch.task and not exit_of(facts):
        yield ""
        yield from _task(dispatch.task)
        yield ""
        yield from _report_back(facts)
    elif calls := payload_of(facts)["report_back"].get("cli"):
        yield ""
        yield from (f"  {call}" for call in calls.values())
    if dispatch.active_workstreams:
        yield ""
        yield "open workplans"
    for stream in dispatch.active_workstreams[:MOST_WORKSTREAMS]:
        title = printable(stream.title, LONGEST_LINE)
        file = f", {printable(stream.workplan_file)}" if stream.workplan_file else ""
        yield f"  {stream.key}  {title} ({stream.pending_total} pending{file})"
    if dispatch.human_interventions:
        yield ""
        yield "open questions; a person answers with custodian human answer ID ANSWER"
    for asked in dispatch.human_interventions[:MOST_QUESTIONS]:
        yield _question(asked, facts.at)


def prompt(facts: Facts, load: Callable[[str], str]) -> str:
    """The dispatch as the repo's agent is told it; what people wrote stands between two marks."""
    task, claim = facts.dispatch.task, facts.dispatch.claim
    assert task is not None  # noqa: S101 - the caller has seen that there is work
    calls = payload_of(facts)["report_back"]
    return load("dispatch").format(
        repo=facts.dispatch.repo_slug,
        task=task.key,
        claim=_claimed(claim) if claim else "Nobody has claimed it: claim it before you begin.",
        here=_here(facts),
        data="\n".join(_data(facts, task)),
        commands="\n".join(f"- {name}: `{call}`" for name, call in calls["cli"].items()),
        tools="\n".join(f"- {name}: `{call}`" for name, call in calls["mcp"].items()),
    )


def _claimed(claim: Claim) -> str:
    until = f"until {stamp(claim.expires_at)}; each report renews it"
    return f"It is claimed for {printable(claim.holder)} under fence {claim.fence}, {until}."


def _data(facts: Facts, task: Task) -> Iterator[str]:
    yield from _goal(facts.dispatch)
    yield from _task(task)
    streams = (each for each in facts.dispatch.active_workstreams if each.id == task.workstream_id)
    for stream in streams:
        yield f"plan    {stream.key}  {printable(stream.title, LONGEST_LINE)}"
        if stream.workplan_file:
            yield f"file    {printable(stream.workplan_file, LONGEST_LINE)}"
    for asked in facts.dispatch.human_interventions[:MOST_QUESTIONS]:
        yield f"asked {_question(asked, facts.at)}"


def _goal(dispatch: Dispatch) -> Iterator[str]:
    goal = dispatch.active_goal
    yield f"goal    {printable(goal.title, LONGEST_LINE) if goal else 'none'}"
    yield from quoted(goal.description if goal else "")


def _here(facts: Facts) -> str:
    """Where the checkout stands."""
    here = facts.checkout
    if here is None:
        return printable(facts.no_checkout, LONGEST_LINE)
    counts = {"ahead of": here.ahead, "behind": here.behind}
    told = " and ".join(f"{number} {word}" for word, number in counts.items() if number)
    even = "even with" if here.ahead is not None else "of unknown distance to"
    upstream = f"{told or even} {printable(here.upstream)} as last fetched"
    dirty = ", with uncommitted changes" if here.dirty else ""
    return f"{printable(here.branch)} at {here.head[:12]}, {upstream}{dirty}"


def _task(task: Task) -> Iterator[str]:
    yield f"task    {task.key}  {printable(task.title, LONGEST_LINE)}"
    yield f"status  {task.status}, priority {task.priority}"
    if task.depends_on:
        yield f"after   {printable(', '.join(task.depends_on), LONGEST_LINE)}"
    if task.note:
        yield f"note    {printable(task.note, LONGEST_LINE)}"
    yield from quoted(task.description)
    if task.acceptance:
        yield "done when"
    yield from (f"  - {printable(each, LONGEST_LINE)}" for each in task.acceptance[:MOST_ACCEPTED])


def _report_back(facts: Facts) -> Iterator[str]:
    claim = facts.dispatch.claim
    if claim is None:
        yield "nobody has claimed it; before you begin"
    else:
        holder = shlex.quote(printable(claim.holder))
        until = stamp(claim.expires_at)
        yield f"claimed by {holder} until {until}, fence {claim.fence}; report with"
    yield from (f"  {call}" for call in payload_of(facts)["report_back"]["cli"].values())


def _question(asked: Intervention, now: datetime) -> str:
    about = f" on {asked.task_key}" if asked.task_key else ""
    return f"  {asked.id[:8]}  {ago(asked.since, now)}{about}: {printable(asked.question, 200)}"


def quoted(text: str) -> Iterator[str]:
    """What somebody wrote, line by line, marked as such."""
    for line in text[:LONGEST_TEXT].splitlines():
        yield f"  | {printable(line)}".rstrip()
    if len(text) > LONGEST_TEXT:
        yield f"  | … {len(text) - LONGEST_TEXT} more characters"
