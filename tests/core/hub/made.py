"""What the tests of the hub begin with: callers, a repo, tasks, a claim."""

from custodian_core.commands import AddTask, AddWorkstream, Caller, ClaimTask, RegisterRepo
from custodian_core.ports import Hub
from custodian_core.records import Claim, Repo, Task
from custodian_core.status import Priority

ME = Caller("me")
YOU = Caller("you")


def a_repo(hub: Hub, slug: str = "marki-docx") -> Repo:
    repo: Repo = hub.do(RegisterRepo(slug, "custodian", host="here", path=f"/repos/{slug}"), ME)
    return repo


def tasks(hub: Hub, *keys: str, repo: str = "marki-docx", **more: Priority) -> list[Task]:
    """Tasks of one workstream, in that order; `more` gives the priority of some."""
    if not hub.repos(slug=repo).items:
        a_repo(hub, repo)
    plan = f"{repo[:4].upper()}-WP-0001"
    if plan not in [w.key for w in hub.workstreams(repo=repo).items]:
        hub.do(AddWorkstream(repo, plan, "A plan", "workplans/a.md"), ME)
    return [
        hub.do(AddTask(plan, key, f"Title of {key}", priority=more.get(key, Priority.MEDIUM)), ME)
        for key in keys
    ]


def claim(hub: Hub, task: str, holder: str = "me", **more: int) -> Claim:
    granted: Claim = hub.do(ClaimTask(holder, task=task, ttl_s=more.get("ttl_s")), Caller(holder))
    return granted


def types(hub: Hub, subject: str) -> list[str]:
    return [event.type for event in hub.events(subject=subject).items]
