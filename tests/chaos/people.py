"""What people do in their checkouts, well or badly, with the git that everybody has."""

from pathlib import Path

from custodian_core.status import Status

from .moves import Act, Move
from .plans import BROKEN, ODD, says, with_status
from .world import REPOS, Host, World, plan_of

STATUSES = tuple(status.value for status in Status)


def plans(host: Host, repo: str) -> list[Path]:
    """The workplans on that host's disk."""
    return sorted((host.clone(repo) / "workplans").glob("*.md"))


def key_of(repo: str, task: int) -> str:
    return f"{REPOS[repo]}-WP-0001-T0{task}"


def work(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody moves a task and writes a line of their own, commits both, and often pushes."""
    _set(host, repo, key_of(repo, move.task), move.choose(STATUSES))
    _commit(world, host, repo, "work")
    if move.choose((True, True, False), 8):
        host.git(repo, "push", "-q")


def edit(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody has begun to edit and not committed yet."""
    _set(host, repo, key_of(repo, move.task), move.choose(STATUSES))


def commit(world: World, host: Host, repo: str, move: Move) -> None:
    """Whatever lies there is committed."""
    _commit(world, host, repo, "all that lay there")


def push(world: World, host: Host, repo: str, move: Move) -> None:
    host.git(repo, "push", "-q")


def pull(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody catches up; what does not merge by itself is given up for now."""
    how = move.choose((("--rebase",), ("--ff-only",), ("--no-rebase", "--no-edit")))
    if not host.git(repo, "pull", "-q", *how)[0]:
        host.git(repo, "rebase", "--abort")
        host.git(repo, "merge", "--abort")


def odd(world: World, host: Host, repo: str, move: Move) -> None:
    """A workplan is written strangely, moved, or joined by another."""
    files = plans(host, repo)
    if not files:
        return
    file, what = move.choose(files), (move.pick >> 4) % (len(ODD) + 2)
    if what < len(ODD):
        _rewrite(file, ODD[what](_read(file)))
    elif what == len(ODD):
        host.git(repo, "mv", f"workplans/{file.name}", f"workplans/again-{file.name[-20:]}")
    else:
        key = f"{REPOS[repo]}-WP-0002"
        text = plan_of(repo, {f"{key}-T01": "todo"}, 2)
        _rewrite(host.clone(repo) / f"workplans/{key}.md", text.encode())
    _commit(world, host, repo, "odd")
    if move.choose((True, False), 8):
        host.git(repo, "push", "-q")


def spoil(world: World, host: Host, repo: str, move: Move) -> None:
    """A workplan is broken, and that is committed."""
    files = plans(host, repo)
    if files:
        file = move.choose(files)
        _rewrite(file, move.choose(BROKEN, 4)(_read(file)))
        _commit(world, host, repo, "broken")
        if move.choose((True, False), 8):
            host.git(repo, "push", "-q")


def mend(world: World, host: Host, repo: str, move: Move) -> None:
    """The first workplan is written anew, as far along as it was."""
    write_anew(host, repo, dict.fromkeys((key_of(repo, n) for n in range(1, 5)), "todo"))
    _commit(world, host, repo, "mended")
    if move.choose((True, False), 8):
        host.git(repo, "push", "-q")


def write_anew(host: Host, repo: str, statuses: dict[str, str]) -> None:
    """The repo's first workplan stands alone, has these tasks, and is whole."""
    known: dict[str, str] = {}
    for file in plans(host, repo):
        known |= says(_read(file))
        if "WP-0002" not in file.name:
            file.unlink()
    said = {key: known.get(key, status) for key, status in statuses.items()}
    said = {key: status if status in STATUSES else "todo" for key, status in said.items()}
    folder = host.clone(repo) / "workplans"
    folder.mkdir(exist_ok=True)
    _rewrite(folder / f"{REPOS[repo]}-WP-0001.md", plan_of(repo, said).encode())


def reopen_in_file(world: World, host: Host, repo: str, move: Move) -> None:
    """A task goes back in its file, and the commit says why."""
    key = key_of(repo, move.task)
    _set(host, repo, key, move.choose(("todo", "in_progress")))
    _commit(world, host, repo, f"again\n\nCustodian-Reopen: {key} it broke")
    if move.choose((True, False), 8):
        host.git(repo, "push", "-q")


def force(world: World, host: Host, repo: str, move: Move) -> None:
    """Somebody amends a commit of their own that is pushed already, and pushes by force."""
    said, author = host.git(repo, "log", "-1", "--format=%an")
    if said and author == host.name:
        host.git(repo, "commit", "-q", "--amend", "--no-edit", "--date=now")
        host.git(repo, "push", "-q", "--force-with-lease")


def _set(host: Host, repo: str, key: str, status: str) -> None:
    for file in plans(host, repo):
        _rewrite(file, with_status(_read(file), key, status))


def _commit(world: World, host: Host, repo: str, message: str) -> None:
    """All of it is committed, with a line that nobody else has written."""
    notes = host.clone(repo) / f"{host.name}.txt"
    lines = world.lines.setdefault((host.name, repo), [])
    line = f"{host.name} {repo} {world.tally['lines']}."
    world.tally["lines"] += 1
    try:
        with notes.open("a") as file:
            file.write(f"{line}\n")
    except OSError:
        return
    host.git(repo, "add", "--all")
    if host.git(repo, "commit", "-qF", "-", data=f"{line}\n\n{message}")[0]:
        lines.append(line)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _rewrite(file: Path, data: bytes) -> None:
    """The file holds that; where the disk is full it is as torn as any editor would leave it."""
    try:
        if data != _read(file):
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
    except OSError:
        return


ACTS = {
    Act.WORK: work,
    Act.EDIT: edit,
    Act.COMMIT: commit,
    Act.PUSH: push,
    Act.PULL: pull,
    Act.ODD: odd,
    Act.BREAK: spoil,
    Act.MEND: mend,
    Act.REOPEN_IN_FILE: reopen_in_file,
    Act.FORCE: force,
}
