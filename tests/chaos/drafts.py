"""What lies uncommitted in people's checkouts is theirs, until they keep it or throw it away."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from . import judge
from .judge import Breach, Draft, Told
from .moves import Act, Move
from .people import STATUSES, plans
from .plans import with_status
from .world import REPOS, Host, World, plan_of

#: acts by which a person takes up whatever lies in the checkout
SWEEPING = frozenset(
    {
        *(Act.WORK, Act.EDIT, Act.COMMIT, Act.ODD, Act.BREAK, Act.MEND),
        *(Act.REOPEN_IN_FILE, Act.FORCE),
    }
)
#: tasks that only drafts know count down from here, and every other task's number is lower
HIGHEST = 900


class What(StrEnum):
    """What somebody is at."""

    PLAN = "plan"
    #: a file that is no workplan
    FILE = "file"
    NEW_PLAN = "new plan"
    NEW_FILE = "new file"
    #: a workplan is to go
    GONE = "gone"


class How(StrEnum):
    """How far it has come."""

    UNSTAGED = "unstaged"
    STAGED = "staged"
    #: staged, and edited further
    BOTH = "both"


WHATS = (What.PLAN, What.PLAN, What.PLAN, What.FILE, What.NEW_PLAN, What.NEW_FILE, What.GONE)
HOWS = (How.UNSTAGED, How.STAGED, How.BOTH)


def begin(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody begins to write, to stage, or to take away, and leaves it at that."""
    number, what = world.tally["drafts"], move.choose(WHATS)
    path = _tracked(host, repo, what)
    is_new = path is None
    path = path or _new_name(repo, what, number)
    if any(each.path == path for each in lying(world, host, repo)):
        return
    words = f"Draft {number} of {host.name}."
    task = f"{_key(repo, number)}-T01" if is_new else f"{REPOS[repo]}-WP-0001-T{HIGHEST - number}"
    draft = Draft(path, None, "", words, task, is_new)
    done: Draft | None
    if what is What.GONE and not is_new:
        done = draft if host.git(repo, "rm", "-q", "--", path)[0] else None
    else:
        done = _saved(host, repo, draft, move)
    if done:
        world.tally["drafts"] += 1
        world.drafts.setdefault((host.name, repo), []).append(done)


def lying(world: World, host: Host, repo: str) -> list[Draft]:
    """What lies in that checkout."""
    return world.drafts.get((host.name, repo), [])


def _tracked(host: Host, repo: str, what: What) -> str | None:
    """The path of a committed file of that kind, if there is one."""
    if what in (What.NEW_PLAN, What.NEW_FILE):
        return None
    top = host.clone(repo)
    found = sorted(top.glob("*.txt")) if what is What.FILE else plans(host, repo)
    paths = (str(file.relative_to(top)) for file in found)
    return next(
        (path for path in paths if host.git(repo, "cat-file", "-e", f"HEAD:{path}")[0]), None
    )


def _new_name(repo: str, what: What, number: int) -> str:
    if what in (What.FILE, What.NEW_FILE):
        return f"draft-{number}.md"
    return f"workplans/{_key(repo, number)}.md"


def _key(repo: str, number: int) -> str:
    """A workplan that nobody knows yet."""
    return f"{REPOS[repo]}-WP-{HIGHEST - number:04}"


def _text(host: Host, repo: str, draft: Draft, move: Move) -> bytes:
    """What the file is to hold: a task moves, another one is new, and something can be read."""
    said = f"\n{draft.words}\n".encode()
    if draft.is_new:
        plan, _, _ = draft.task.rpartition("-")
        text = plan_of(repo, {draft.task: move.choose(STATUSES, 8)})
        return text.replace(f"{REPOS[repo]}-WP-0001\n", f"{plan}\n").encode() + said
    data = (host.clone(repo) / draft.path).read_bytes()
    if not draft.path.endswith(".md"):
        return data + said
    moved = with_status(data, f"{REPOS[repo]}-WP-0001-T0{move.task}", move.choose(STATUSES, 8))
    block = f"\n### {draft.task} - Perhaps\n```task\nid: {draft.task}\nstatus: todo\n```\n"
    return moved + said + block.encode()


def _saved(host: Host, repo: str, draft: Draft, move: Move) -> Draft | None:
    """What was left of it; None where the disk is full, or the file is just being replaced."""
    file, staged, how = host.clone(repo) / draft.path, None, move.choose(HOWS, 4)
    try:
        data = _text(host, repo, draft, move)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        if how is not How.UNSTAGED and host.git(repo, "add", "--", draft.path)[0]:
            staged = _index(host, repo, draft.path)
        if how is How.BOTH:
            data += b"\nAnd more.\n"
            file.write_bytes(data)
    except OSError:
        return None
    return replace(draft, on_disk=data, staged=staged)


def _index(host: Host, repo: str, path: str) -> str:
    """The blob that is staged, or nothing."""
    _, said = host.git(repo, "ls-files", "--stage", "--", path)
    return said.split(" ")[1] if said else ""


# --- what becomes of it


def look(world: World, host: Host, repo: str) -> None:
    """Whoever comes back to it finds it as they left it."""
    for each in lying(world, host, repo):
        file = host.clone(repo) / each.path
        on_disk = file.read_bytes() if file.is_file() else None
        staged = _index(host, repo, each.path)
        world.breaches += judge.disturbed(f"{repo} on {host.name}", each, on_disk, staged)


def taken_up(world: World, host: Host, repo: str) -> None:
    """Its owner goes on with it: from now on it is whatever they make of it."""
    look(world, host, repo)
    world.drafts.pop((host.name, repo), None)


def keep(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody commits what they have begun, and nothing beside."""
    if lying(world, host, repo):
        look(world, host, repo)
        _committed(world, host, repo, move.choose(lying(world, host, repo)))
        if move.choose((True, False), 8):
            host.git(repo, "push", "-q")


def _committed(world: World, host: Host, repo: str, draft: Draft) -> None:
    line = f"{host.name} {repo} {world.tally['lines']}."
    world.tally["lines"] += 1
    # (where their git breaks off half way, it is not any more as they had left it)
    lying(world, host, repo).remove(draft)
    host.git(repo, "add", "--all", "--", draft.path)
    if host.git(repo, "commit", "-qm", line, "--", draft.path)[0]:
        world.lines.setdefault((host.name, repo), []).append(line)
        world.tally["drafts kept"] += 1


def drop(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody throws away what they have begun."""
    if lying(world, host, repo):
        look(world, host, repo)
        _dropped(world, host, repo, move.choose(lying(world, host, repo)))


def _dropped(world: World, host: Host, repo: str, draft: Draft) -> None:
    lying(world, host, repo).remove(draft)
    if draft.is_new:
        gone, _ = host.git(repo, "rm", "-qf", "--cached", "--ignore-unmatch", "--", draft.path)
        if gone:
            (host.clone(repo) / draft.path).unlink(missing_ok=True)
    else:
        gone, _ = host.git(repo, "restore", "--staged", "--worktree", "--", draft.path)
    if gone:
        world.dropped.append((repo, draft.words, draft.task))
        world.tally["drafts thrown away"] += 1


def settle(world: World) -> None:
    """In the end every second draft is committed, and the others are thrown away."""
    for host in world.hosts:
        for repo in world.repos:
            for number, draft in enumerate(tuple(lying(world, host, repo))):
                (_committed if number % 2 else _dropped)(world, host, repo, draft)


def secrets(world: World, repo: str) -> Iterator[tuple[str, str]]:
    """The words and tasks that nobody has committed: thrown away, or still lying somewhere."""
    for of, words, task in world.dropped:
        if of == repo:
            yield words, task
    for host in world.hosts:
        for each in lying(world, host, repo):
            yield each.words, each.task


def breaches(world: World, told: Iterable[Told]) -> Iterator[Breach]:
    """Now that all is quiet, each lies as it was left, and of a workplan's it is told."""
    for host in world.hosts:
        for repo in world.repos:
            look(world, host, repo)
            here = [each for each in told if (each.host, each.repo) == (host.name, repo)]
            if not host.is_managed:  # (a worker's own clone knows of nobody's drafts)
                paths = [each.path for each in lying(world, host, repo)]
                yield from judge.untold(paths, here)


ACTS = {Act.DRAFT: begin, Act.KEEP: keep, Act.DROP: drop}
