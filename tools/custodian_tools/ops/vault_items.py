"""What is in the vault and how it stands: by its files, its branches, and what the forge tells."""

import os
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from custodian_core.errors import Conflict, UnknownThing
from custodian_core.findings import Finding, Severity, found
from custodian_core.git.state import NotHere, find
from custodian_core.ops import tiers
from custodian_core.ops.actions import (
    ActionReading,
    Result,
    read_action,
    read_result,
    same_ids,
    unread_action,
)
from custodian_core.ops.layout import not_there
from custodian_core.ops.procurement import (
    Request,
    asked_before,
    read_request,
    unread_request,
)
from custodian_core.ops.proposals import (
    BRANCHES,
    NO_PROPOSAL,
    NOT_ASKED,
    Proposal,
    Proposals,
    Standing,
)
from custodian_core.ops.tiers import Policy, Tier
from custodian_core.ops.vault import (
    ACTIONS,
    FOLDERS,
    PLACE,
    State,
    action_state,
    lying_state,
    proposed_state,
    standing_state,
)
from custodian_core.text import printable
from custodian_tools.checkouts import Target

from .branches import Branches, look
from .ground import Committed, Ground, OnDisk, read_or_why, there_or_why

FORMULAS = "formulas/"
#: what was asked for and rejected may be asked for anew, in other words
NOT_REJECTED = ("pending", "approved", "fired")


@dataclass(frozen=True, slots=True)
class Item:
    """A thing in the vault, and how it stands."""

    name: str
    #: action or request
    kind: str
    path: str
    state: State
    #: what it is for, in a line
    title: str
    tier: Tier | None
    why_tier: str | None
    result: Result | None
    findings: tuple[Finding, ...]
    #: whether it lies here otherwise than in the last commit; None where git cannot say
    uncommitted: bool | None = None
    #: its pull request, or why nothing is known of one
    proposal: Proposal = NO_PROPOSAL
    #: the commit of the branch that alone has it; "" where only a pull request does
    elsewhere: str | None = None

    @property
    def why(self) -> str | None:
        """What its state comes from, where that is not the file that lies here."""
        return _why(self)

    def to_json(self) -> dict[str, Any]:
        """The item as `--json` and tools show it."""
        told, proposal = self.result, self.proposal
        return {
            "name": self.name,
            "kind": self.kind,
            "path": self.path,
            "here": self.elsewhere is None,
            "state": self.state.value,
            "why": self.why,
            "title": self.title,
            "tier": self.tier.value if self.tier else None,
            "why_tier": self.why_tier,
            "uncommitted": self.uncommitted,
            "pull_request": {
                "standing": proposal.standing.value,
                "number": proposal.number,
                "url": proposal.url and printable(proposal.url, 300),
                "author": printable(proposal.author, 100),
                "why": proposal.why,
            },
            "result": told and {"exit_code": told.exit_code, "at": told.told_at},
            "findings": [finding.to_json() for finding in self.findings],
        }


def list_items(
    target: Target, state: State | None = None, heard: Proposals = NOT_ASKED
) -> list[Item]:
    """Everything in the vault, or what stands in one way; what is invalid is shown with why.

    `heard` is what the forge told of pull requests: what only they propose is an item as well.
    """
    ground, branches = OnDisk(target.path), look(target)
    changed = _uncommitted(target)
    items = [_standing(_marked(item, changed), heard, branches) for item in lying(ground)]
    items += _elsewhere(target, heard, branches, {item.name for item in items})
    return [item for item in items if state is None or item.state is state]


def show(target: Target, name: str, heard: Proposals = NOT_ASKED) -> tuple[Item, str]:
    """One thing of the vault, by name or path, and its text."""
    item = named(list_items(target, heard=heard), name)
    return item, text_of(target, item)


def text_of(target: Target, item: Item) -> str:
    """What the item's file says; nothing where only the forge has it."""
    if item.elsewhere is None:
        data = OnDisk(target.path).data(item.path)
    else:
        data = _of_branch(target, item.elsewhere, item.path)
    return (data or b"").decode(errors="replace")


def unheard(heard: Proposals) -> tuple[Finding, ...]:
    """That nothing is known of pull requests, where that is so."""
    if heard.unheard is None:
        return ()
    silent = heard.unheard.startswith("forge not answering")
    severity = Severity.WARN if silent else Severity.INFO
    return (found("VA19", {"why": heard.unheard}, severity=severity),)


def absent(target: Target) -> tuple[Finding, ...]:
    """That there is no vault, where that is so: it is none that is empty."""
    return not_there(OnDisk(target.path).paths(), "vault/", "actions and requests")


def named(items: Sequence[Item], name: str) -> Item:
    """The item of that name or path."""
    found_items = [item for item in items if name in (item.name, item.path)]
    if not found_items:
        near = [item.name for item in items if name.casefold() in item.name.casefold()][:5]
        raise UnknownThing("vault item", printable(name, 100), tuple(near))
    if len(found_items) > 1:
        places = ", ".join(item.path for item in found_items)
        raise Conflict(f"vault item '{name}'", f"there are several: {places}; name one by path")
    return found_items[0]


# --- the policy


def policy_of(ground: Ground) -> Policy:
    """The policy of the ops repo."""
    data = there_or_why(ground, tiers.PATH)
    if isinstance(data, str):
        return tiers.no_policy(f"cannot be read: {data}")
    return tiers.read_policy(data)


def formulas_of(ground: Ground) -> frozenset[str] | None:
    """The formulas that the repo holds; None where it holds no folder of them."""
    return formula_names(
        path.removeprefix(FORMULAS) for path in ground.paths() if path.startswith(FORMULAS)
    )


def formula_names(files: Iterable[str]) -> frozenset[str] | None:
    """What the files of a folder of formulas are called; None where there are none."""
    ends = (".toml", ".sh")
    names = {each.rpartition(".")[0] for each in files if each.endswith(ends) and "/" not in each}
    return frozenset(names) or None


# --- what lies in the files


def lying(ground: Ground) -> list[Item]:
    """The items of the files, as these alone tell of them."""
    return [*_actions(ground), *_requests(ground)]


def all_requests(ground: Ground, folders: Container[str] = FOLDERS) -> list[Request]:
    """Every request, in whatever folder, or in some."""
    wanted = [path for path in placed(ground, "md") if path.split("/")[1] in folders]
    ground.have_at_hand(wanted)
    return [_request(ground, path) for path in wanted]


def _request(ground: Ground, path: str) -> Request:
    data = read_or_why(ground, path)
    return unread_request(path, data) if isinstance(data, str) else read_request(data, path)


def placed(ground: Ground, kind: str) -> list[str]:
    """The paths of that kind in the vault's folders."""
    there = (path for path in (*ground.paths(), *ground.others()) if path.endswith(f".{kind}"))
    return sorted(path for path in there if PLACE.fullmatch(path))


def _actions(ground: Ground) -> list[Item]:
    policy, formulas = policy_of(ground), formulas_of(ground)
    paths = placed(ground, "toml")
    ground.have_at_hand([*paths, *map(_result_of, paths)])
    readings = [_action(ground, path, policy, formulas) for path in paths]
    twice = {finding.path: finding for finding in same_ids(readings)}
    return [_action_item(ground, reading, twice.get(reading.path)) for reading in readings]


def _action(
    ground: Ground, path: str, policy: Policy, formulas: frozenset[str] | None
) -> ActionReading:
    data = read_or_why(ground, path)
    if isinstance(data, str):
        return unread_action(path, data)
    return read_action(data, path, policy, formulas)


def _action_item(ground: Ground, reading: ActionReading, twice: Finding | None = None) -> Item:
    beside = _result_of(reading.path)
    result = _result(ground, beside, reading.stem)
    findings = [*reading.findings, *([twice] if twice else [])]
    if isinstance(result, str):
        facts = {"id": printable(reading.stem, 100), "why": result}
        findings.append(found("VA16", facts, path=beside))
    return Item(
        name=reading.stem,
        kind="action",
        path=reading.path,
        state=action_state(reading, result),
        title=printable(reading.context or "", 200),
        tier=reading.verdict.tier,
        why_tier=reading.verdict.why,
        result=result if isinstance(result, Result) else None,
        findings=tuple(findings),
    )


def _result(ground: Ground, path: str, name: str) -> Result | str | None:
    """What came of the action of that name, or why that cannot be told; None for nothing yet."""
    data = there_or_why(ground, path)
    return read_result(data, name) if isinstance(data, bytes) else data


def _result_of(path: str) -> str:
    """Where a dispatcher writes down what came of the action."""
    return f"{path.removesuffix('.toml')}.result.json"


def _requests(ground: Ground) -> Iterator[Item]:
    requests = all_requests(ground)
    twins = asked_before(each for each in requests if each.path.split("/")[1] in NOT_REJECTED)
    for request in requests:
        item = _request_item(request)
        if twin := twins.get(request.path):
            facts = {"path": request.path, "other": twin.path}
            twice = found("VA15", facts, path=request.path)
            item = replace(item, findings=(*item.findings, twice))
        yield item


def _request_item(request: Request) -> Item:
    return Item(
        name=request.name.removesuffix(".md"),
        kind="request",
        path=request.path,
        state=State.INVALID if request.is_unread else lying_state(request.path),
        title=printable(request.title or "", 200),
        tier=None,
        why_tier=None,
        result=None,
        findings=request.findings,
    )


def _uncommitted(target: Target) -> frozenset[str] | None:
    """What of the vault lies there otherwise than in the last commit."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return None
    asked = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    told = folders.git.run(*asked, "--", "vault")
    rows = os.fsdecode(told.out).split("\0")[:-1]
    return frozenset(row[3:] for row in rows) if told.ok else None


def _marked(item: Item, changed: frozenset[str] | None) -> Item:
    """The item with whether it is committed as it lies there."""
    if changed is None:
        return item
    files = [path for path in (item.path, _result_of(item.path)) if path in changed]
    told = (found("VA17", {"path": path}, path=path) for path in files)
    return replace(item, uncommitted=bool(files), findings=(*item.findings, *told))


# --- what branches and pull requests add


def _standing(item: Item, heard: Proposals, branches: Branches) -> Item:
    """The item that lies here, once its pull request is looked at."""
    proposal, on_main = heard.about(item.name), branches.has(item.path)
    state = standing_state(item.state, proposal.standing, on_main=on_main)
    findings = item.findings
    if on_main and state is State.QUEUED and proposal.standing is Standing.CLOSED:
        facts: dict[str, str | int] = {"path": item.path, "number": proposal.number or 0}
        findings = (*findings, found("VA18", facts, path=item.path))
    return replace(item, state=state, proposal=proposal, findings=findings)


def _elsewhere(
    target: Target, heard: Proposals, branches: Branches, here: Container[str]
) -> Iterator[Item]:
    """The items that only a branch or a pull request has."""
    names = [name for name in sorted({*heard.told, *branches.proposing}) if name not in here]
    merged = {name: commit for name in names if (commit := heard.about(name).commit)}
    brought = branches.brought(frozenset(merged.values()))
    for name in names:
        if merged.get(name) in brought:
            continue  # (what was in it has been taken out since)
        proposal = heard.about(name)
        commit = branches.proposing.get(name, "")
        item = _from_branch(target, name, commit) if commit else None
        item = item or _nameless(name)
        invalid = item.state is State.INVALID
        yield replace(
            item,
            state=proposed_state(proposal.standing, invalid=invalid),
            title=item.title or printable(proposal.title, 200),
            proposal=proposal,
            elsewhere=commit,
        )


def _from_branch(target: Target, name: str, commit: str) -> Item | None:
    """The item as the branch's commit has it."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return None
    ground = Committed(folders.git, commit)
    for folder in (ACTIONS, "vault/pending"):
        path = f"{folder}/{name}.toml"
        if (data := ground.data(path)) is not None:
            reading = read_action(data, path, policy_of(OnDisk(target.path)), formulas_of(ground))
            return _action_item(ground, reading)
    path = f"vault/pending/{name}.md"
    data = ground.data(path)
    return None if data is None else _request_item(read_request(data, path))


def _nameless(name: str) -> Item:
    """An item of which nothing but its pull request is known here."""
    return Item(name, "action", f"{ACTIONS}/{name}.toml", State.UNKNOWN, "", None, None, None, ())


def _of_branch(target: Target, commit: str, path: str) -> bytes | None:
    folders = find(target.path)
    if isinstance(folders, NotHere) or not commit:
        return None
    return Committed(folders.git, commit).data(path)


def _why(item: Item) -> str | None:
    proposal, here = item.proposal, item.elsewhere is None
    number = f"pull request {proposal.number}"
    match item.state, proposal.standing:
        case (State.AWAITING_APPROVAL | State.INVALID, Standing.OPEN):
            return f"{number} is open"
        case State.REJECTED, Standing.CLOSED:
            return f"{number} was closed without being merged"
        case State.UNKNOWN, _ if any(finding.code == "VA16" for finding in item.findings):
            return "its result cannot be read"
        case State.UNKNOWN, Standing.MERGED:
            return f"{number} was merged, and the checkout has it not; `git pull` brings it in"
        case State.UNKNOWN, Standing.UNKNOWN:
            return proposal.why
        case State.UNKNOWN, _:
            has = (
                "it is not on the main branch"
                if here
                else f"only branch {BRANCHES}{item.name} has it"
            )
            return f"{has}, and no pull request proposes it"
        case _:
            return None
