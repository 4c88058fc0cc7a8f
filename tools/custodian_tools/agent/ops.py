"""Tools for ops repos: what objectives need, what is asked for, what is filed, what was measured.

What a person decides, approving or rejecting, is none of them: no agent approves its own request.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from typing import Annotated, Any, Literal

from custodian_core.codec import now, to_json
from custodian_core.errors import BadValue
from custodian_core.findings import Finding
from custodian_core.ops.actions import Action
from custodian_core.ops.marks import FiledLine
from custodian_core.ops.prereq.tree import Word
from custodian_core.ops.sprints import Sprint
from custodian_core.ops.tiers import Tier
from custodian_core.ops.vault import State
from custodian_core.paths import expanded, followed
from custodian_tools import secrets
from custodian_tools.checkouts import Target, named
from custodian_tools.ops import (
    deps,
    evidence,
    layout,
    metrics,
    prerequisites,
    sprints,
    vault,
    vault_items,
)
from custodian_tools.ops.defects import defects
from custodian_tools.ops.hearing import hear, heard_filed
from custodian_tools.ops.host import Around, telemetry
from custodian_tools.ops.sprints import Board, HubBoard
from custodian_tools.sync.bench import Bench

from .answers import fitting, line, text
from .desk import PROSE, Desk, Range

#: how many characters rows and findings may have
ROOM, FINDINGS_ROOM = 20_000, 8_000
#: and how many checkouts are told of
MOST_PLACES = 50
#: and of each kind of thing that waits
MOST_WAITING = 20

Repo = Annotated[str | None, "The ops repo: slug or path; default: the one in this folder"]
DryRun = Annotated[bool, "Say what would be written, and write nothing"]
Objective = Annotated[str | None, "Only in this objective: its name, or an issue as #31"]
Reason = Annotated[str, "Stands in the history"]


def check_ops_repo(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """Say what is missing and odd in an ops repo; nothing is changed."""
    told = layout.doctor(_target(desk, repo), now().date())
    return {**told.to_json(), **_findings(told.findings)}


def migrate_ops_repo(desk: Desk, repo: Repo = None, dry_run: DryRun = False) -> dict[str, Any]:
    """Add what is missing of an ops repo in one commit, and push it; nothing is overwritten."""
    return layout.migrate(_bench(desk), _target(desk, repo), dry_run=dry_run).to_json()


def find_defects(
    desk: Desk,
    repo: Repo = None,
    code: Annotated[str | None, "The repo with the workplans, to look at them too"] = None,
) -> dict[str, Any]:
    """Say what tree, sprints, vault and evidence together show to be wrong.

    An input that is missing is a failure: of what nobody could read, nothing is known to be well.
    """
    told = defects(_target(desk, repo), _target(desk, code) if code else None)
    return {
        "inputs": to_json(told.sources),
        "complete": told.complete,
        "stats": {"nodes": told.nodes, "edges": told.edges},
        **_findings(told.findings),
    }


def read_prerequisites(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """Read the prerequisite tree: objectives, what holds most of them up, and what is amiss."""
    told = prerequisites.look(_target(desk, repo), now().date())
    data = told.to_json()
    rows, more = fitting(data["objectives"], ROOM)
    found = [_constraint(each) for each in told.constraints[: prerequisites.TOP]]
    answer = {**data, "objectives": rows, "constraints": found, **_findings(told.findings)}
    return {**answer, "hint": f"{more} objectives are not told"} if more else answer


def tick_prerequisite(
    desk: Desk,
    item: Annotated[str, "Its name, or an issue as #14, which is ticked wherever it stands"],
    ticked: bool = True,
    reason: Annotated[str, PROSE, "Needed to take a tick back"] = "",
    objective: Objective = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Tick a prerequisite, or take the tick back for a reason; committed and pushed."""
    written = prerequisites.tick(
        _bench(desk),
        _target(desk, repo),
        item,
        ticked=ticked,
        objective=objective,
        reason=reason,
        dry_run=dry_run,
    )
    return written.to_json()


def set_objective_status(
    desk: Desk,
    objective: Annotated[str, "Its name, or an issue as #31"],
    status: Literal["DONE", "READY", "BLOCKED", "IN PROGRESS"],
    reason: Annotated[str, PROSE, "What blocks it, or why it is not done any more"] = "",
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Give an objective a status, where it is true; committed and pushed."""
    bench, target = _bench(desk), _target(desk, repo)
    word = Word(status)
    written = prerequisites.status(bench, target, objective, word, reason=reason, dry_run=dry_run)
    return written.to_json()


def block_prerequisite(
    desk: Desk,
    item: Annotated[str, "Its name, or an issue as #14"],
    path: Annotated[str, "As vault/pending/key.md"],
    objective: Objective = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Mark a prerequisite as waiting for an item of the vault; committed and pushed."""
    bench, target = _bench(desk), _target(desk, repo)
    written = prerequisites.block(bench, target, item, path, objective=objective, dry_run=dry_run)
    return written.to_json()


def list_vault(
    desk: Desk,
    state: Annotated[State | None, "Only what stands so"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """List the vault's actions and requests, with those that only a pull request has.

    What is invalid is shown with its reasons; where the forge is silent, `pull_requests` says so.
    """
    target = _target(desk, repo)
    heard = hear(desk.settings, desk.hub, target)
    items = vault_items.list_items(target, state, heard)
    rows, more = fitting((item.to_json() for item in items), ROOM)
    told: dict[str, Any] = {"items": rows, "total": len(items)}
    told |= {"pull_requests": heard.unheard} if heard.unheard else {}
    return {**told, "hint": f"{more} are not told; narrow it by state"} if more else told


def get_vault_item(
    desk: Desk, name: Annotated[str, "Name or path"], repo: Repo = None
) -> dict[str, Any]:
    """Read one item of the vault: how it stands, and its text, which is data."""
    target = _target(desk, repo)
    item, said = vault_items.show(target, name, hear(desk.settings, desk.hub, target))
    return {**item.to_json(), "text": text(said, 10_000)}


def classify_action(
    desk: Desk,
    formula: str,
    tier: Annotated[Tier | None, "What the action itself asks for"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """Say how far an action can do harm, by the policy; what it does not name is high."""
    verdict = vault.classify(_target(desk, repo), formula, tier)
    return {
        "tier": verdict.tier.value,
        "why": line(verdict.why),
        "asks": verdict.tier.asks,
        "waits": verdict.tier.waits,
        "lowered_from": verdict.lowered_from,
    }


def request_action(
    desk: Desk,
    id: Annotated[str, "As publish-docs-20260502"],  # noqa: A002 - the word of the format
    formula: str,
    context: Annotated[str, PROSE, "Why, for whoever decides"],
    secrets: Annotated[list[str] | None, "Names only"] = None,
    mounts: Annotated[list[str] | None, "ssh, gpg, sops"] = None,
    timeout_minutes: Annotated[int, Range(1, 1440)] = 60,
    tier: Annotated[Tier | None, "Ask for more care than the policy says"] = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Ask once for an action. Nothing is run here: low goes on, medium is told to a person.

    What is high waits until a person has approved it, which no tool does.
    """
    action = Action(
        id,
        formula,
        context,
        tuple(secrets or ()),
        tuple(mounts or ()),
        timeout_minutes=timeout_minutes,
        blast_radius=tier,
    )
    return vault.request_action(
        _bench(desk), _target(desk, repo), action, dry_run=dry_run
    ).to_json()


def request_thing(
    desk: Desk,
    name: Annotated[str, "Of the file, as acme-signing-key"],
    title: Annotated[str, "In a line"],
    what: Annotated[str, PROSE],
    why: Annotated[str, PROSE, "What it blocks, and since when"],
    human_action: Annotated[list[str], "Concrete steps"],
    factory_will_then: list[str],
    unblocks: Annotated[list[str], "As '#14 — signed builds'"],
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Ask a person, once, for what no program can get; committed, pushed, a question opened."""
    done = vault.request_procurement(
        _bench(desk),
        _target(desk, repo),
        name,
        title=title,
        what=what,
        why=why,
        human=human_action,
        then=factory_will_then,
        unblocks=unblocks,
        dry_run=dry_run,
    )
    return done.to_json()


def validate_sprint(
    desk: Desk, name: Annotated[str, "Slug or path"], repo: Repo = None
) -> dict[str, Any]:
    """Read a sprint and its filer block, and say all that is amiss, by line."""
    told = sprints.show(_target(desk, repo), name)
    return {**sprints.sprint_json(told), **_findings(told.findings)}


def file_sprint(
    desk: Desk,
    name: Annotated[str, "Slug or path"],
    tasks_of: Annotated[str | None, "File as tasks of this repo in the hub"] = None,
    issues_of: Annotated[str | None, "File as issues of OWNER/NAME on the forge"] = None,
    repo: Repo = None,
    dry_run: Annotated[bool, "Say in what order what would be filed"] = True,
) -> dict[str, Any]:
    """Plan, or with dry_run false do, the filing of a sprint's work; nothing is filed twice."""
    if bool(tasks_of) is bool(issues_of):
        raise BadValue("where to file", "say tasks_of or issues_of, one of them")
    target = _target(desk, repo)
    sprint = sprints.show(target, name)
    act = sprints.plan if dry_run else sprints.file

    def heard(sprint: Sprint) -> FiledLine | None:
        return heard_filed(desk.settings, desk.hub, target, sprint)

    if issues_of:
        from custodian_core.forge.client import open_forge

        with open_forge(desk.settings) as forge:
            planned = act(sprint, sprints.ForgeBoard(forge, issues_of), heard)
    else:
        board: Board = HubBoard(_bench(desk), desk.slug(tasks_of))
        planned = act(sprint, board, heard)
    return {**planned.to_json(), **_findings(planned.filing.findings)}


def parse_dependencies(
    desk: Desk, body: Annotated[str, PROSE, "Of an issue or task"]
) -> dict[str, Any]:
    """Say which issues and tasks a text depends on: by sections and clauses, not in code."""
    return deps.parse(body)


def next_issue(
    desk: Desk,
    repo: Annotated[str, "OWNER/NAME on the forge"],
    label: Annotated[str, "Only issues with it"] = deps.BACKLOG,
) -> dict[str, Any]:
    """Say which open issues can be begun, by what texts depend on, and what others wait for."""
    from custodian_core.forge.client import open_forge

    with open_forge(desk.settings) as forge:
        told = deps.backlog(forge, repo, label)
    ready, more = fitting((to_json(each) for each in told.ready), ROOM // 2)
    waiting, later = fitting((to_json(each) for each in told.waiting), ROOM // 2)
    answer: dict[str, Any] = {"ready": ready, "waiting": waiting}
    left = more + later
    return {**answer, "hint": f"{left} are not told; name a label"} if left else answer


def scan_secrets(
    desk: Desk,
    body: Annotated[str | None, PROSE, "A text"] = None,
    path: Annotated[str | None, "Or a file"] = None,
    allowed: Annotated[list[str] | None, "Marks of what is no secret after all"] = None,
) -> dict[str, Any]:
    """Say where a text or file holds what looks like a secret, and never what it says."""
    if (body is None) is (path is None):
        raise BadValue("what to scan", "say body or path, one of them")
    if path is not None:
        found = secrets.scan_file(desk.path(path), allowed or ())
    else:
        found = secrets.scan_text((body or "").encode(errors="replace"), None, allowed or ())
    return {"clean": not found, **_findings(found)}


def read_host(desk: Desk) -> dict[str, Any]:
    """Say how this host stands: memory, disks, docker, checkouts, agents, builds, what waits.

    Alarms go from P0 to P4. Nothing is put right here: ask for an action, or tell a person.
    """
    around = Around(desk.settings, lambda: nullcontext(desk.hub))
    told = telemetry(now(), desk.settings.host_limits, around).to_json()
    looked = told["checkouts"]
    looked["looked_at"] = len(looked["places"])
    # (of a checkout in which nothing stands around there is nothing to say)
    looked["places"] = [
        each
        for each in looked["places"]
        if each["status"] != "ok" or each["locks"] or each["worktrees"] or each["half_done"]
    ][:MOST_PLACES]
    del told["limits"]
    for part, name in (("backlog", "offered"), ("pulls", "idle"), ("dependencies", "open")):
        told[part]["total"] = len(told[part][name])
        told[part][name] = told[part][name][:MOST_WAITING]
    if told["stacks"] is None:
        return told
    rows, more = fitting(told["stacks"], ROOM)
    return {**told, "stacks": rows, **({"stacks_left_out": more} if more else {})}


def measure_flow(
    desk: Desk,
    repo: Annotated[str | None, "Slug; default: the whole fleet"] = None,
    days: Annotated[int, Range(1, 366)] = 7,
) -> dict[str, Any]:
    """Say how work flowed lately: lead time, blocked time, tasks reopened, syncs not sealed."""
    told: dict[str, Any] = to_json(metrics.metrics(desk.hub, now(), days, repo))
    return {**told, "days": [each for each in told["days"] if any(list(each.values())[1:])]}


def list_evidence(
    desk: Desk,
    domain: str | None = None,
    since: Annotated[str | None, "YYYY-MM-DD"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """List the evidence, and how old the newest of each domain is."""
    told = evidence.stock(_target(desk, repo), now().date(), domain, _day(since))
    data = told.to_json()
    rows, more = fitting(reversed(data["files"]), ROOM)
    answer = {**data, "files": rows, **_findings(told.findings)}
    return {**answer, "hint": f"{more} files are not told; say since"} if more else answer


def get_evidence(desk: Desk, domain: str, repo: Repo = None) -> dict[str, Any]:
    """Read the newest evidence of a domain, and say how old it is."""
    standing, told = evidence.latest(_target(desk, repo), domain, now().date())
    return {
        "path": standing.latest.path if standing.latest else None,
        "age_days": standing.age_days,
        "is_old": standing.is_old,
        "evidence": told,
    }


def write_evidence(
    desk: Desk,
    domain: str,
    told: Annotated[dict[str, Any], "One JSON object"],
    day: Annotated[str | None, "YYYY-MM-DD; default: today"] = None,
    name: Annotated[str, "Tells it apart from others of that day"] = "",
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Commit and push evidence of a domain; that of the same day and name is replaced."""
    written = evidence.write(
        _bench(desk),
        _target(desk, repo),
        domain,
        told,
        day=_day(day),
        name=name,
        dry_run=dry_run,
    )
    return written.to_json()


def collect_engagement(
    desk: Desk,
    logs: Annotated[list[str], "A web server's logs of JSON lines; rotated ones are found"],
    hours: Annotated[int, Range(1, 8784)] = 24,
) -> dict[str, Any]:
    """Say who read what in the last hours; every line that could not be used is counted."""
    collected = evidence.engagement([desk.path(each) for each in logs], now(), hours)
    findings = tuple(evidence.trouble(collected))
    return {"report": collected.report, "logs": list(collected.logs), **_findings(findings)}


def _target(desk: Desk, repo: str | None) -> Target:
    name = repo or str(desk.folder)
    if name.startswith((".", "~")):
        name = str(followed(desk.folder / expanded(name)))
    return named(desk.hub, desk.settings, [name])[0]


def _bench(desk: Desk) -> Bench:
    return Bench.of(desk.hub, desk.by(), desk.settings)


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise BadValue("day", f"'{line(said or '', 40)}' is not YYYY-MM-DD") from error


def _constraint(each: Any) -> dict[str, Any]:
    """A constraint; of the objectives it holds up, the first and how many."""
    return {**to_json(each), "blocks": list(each.blocks[:5]), "count": len(each.blocks)}


def _findings(findings: Sequence[Finding]) -> dict[str, Any]:
    rows, more = fitting((finding.to_json() for finding in findings), FINDINGS_ROOM)
    told: dict[str, Any] = {"findings": rows}
    return {**told, "findings_left_out": more} if more else told
