"""What is worked on: workstreams, tasks, claims, and what each repo's agent would do next."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from custodian_core.records import Claim, RepoStatus, Workstream
from custodian_core.status import STATUS_ORDER, Status

if TYPE_CHECKING:
    from .app import View

#: how many repos stand on one page, and how many workstreams of each
AT_ONCE, MOST_STREAMS = 20, 12


def show(view: "View") -> Response:
    """Repos with their workstreams, claims and next task, a page at a time."""
    after = view.wanted.get("after") or None
    repos = view.hub.repos(status=RepoStatus.ACTIVE.value, after=after, limit=AT_ONCE)
    claims: dict[str, list[Claim]] = {}
    for claim in view.hub.claims():
        claims.setdefault(claim.repo_slug, []).append(claim)
    return view.page(
        "work.html",
        repos=[_repo(view, repo.slug, claims.get(repo.slug, [])) for repo in repos.items],
        total=repos.total,
        cursor=repos.cursor,
        claims=sum(map(len, claims.values())),
        after=after,
    )


def _repo(view: "View", slug: str, claims: list[Claim]) -> dict[str, Any]:
    shown = view.hub.reconcile_view(slug)
    return {
        "slug": slug,
        "goal": shown.goal,
        "claims": claims,
        "streams": streams(shown.workstreams, shown.tasks),
        "dispatch": view.hub.dispatch(slug),
    }


def streams(found: tuple[Workstream, ...], tasks: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Each workstream and its tasks by status: what goes on first, what ended last."""
    of: dict[str, Counter[Status]] = {}
    for task in tasks:
        of.setdefault(task.workstream_id, Counter())[task.status] += 1
    order = {Status.IN_PROGRESS: 0, Status.BLOCKED: 1, Status.TODO: 2}
    ordered = sorted(found, key=lambda each: (order.get(each.status, 3), each.position, each.key))
    return [_stream(each, of.get(each.id, Counter())) for each in ordered]


def _stream(stream: Workstream, counts: Counter[Status]) -> dict[str, Any]:
    total = sum(counts.values())
    return {
        "it": stream,
        "counts": {status: counts[status] for status in STATUS_ORDER if counts[status]},
        "done": counts[Status.DONE] + counts[Status.CANCELLED],
        "total": total,
    }
