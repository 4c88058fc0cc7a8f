"""Checkouts that this host's worker keeps for itself: cloned, looked after, cloned anew."""

import fcntl
import glob
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from custodian_core.commands import RegisterRepo
from custodian_core.errors import BadValue, Conflict, FileTrouble, GitTrouble, UnknownThing
from custodian_core.files import shown
from custodian_core.findings import Finding
from custodian_core.git.entrusting import entrusting
from custodian_core.git.lock import RepoLock
from custodian_core.git.runner import Git
from custodian_core.git.state import Folders, NotHere, find, half_done
from custodian_core.ports import Hub
from custodian_core.records import Repo
from custodian_core.remotes import remote_of
from custodian_core.settings import Settings
from custodian_core.text import fitted, printable

from .registering import domain_of, look, without_credentials

#: how long a clone may take, and how long another run may hold what is to be replaced
CLONE_S, PATIENCE_S = 900, 60
#: a lock of git's that is older has nobody behind it: no command of ours takes as long
STALE_S = 1800
#: how long a clone that was made for some trouble is not made anew for the same: it did not help
RENEWED_S = 6 * 3600
#: why a run ends where only the clone itself can be at fault
AILMENTS = frozenset(
    {
        *("git", "not-a-repo", "in-progress", "in-the-way"),
        *("detached", "unborn", "no-upstream", "wrong-branch"),
    }
)


#: the name of a clone in the making, after its repo's
_ASIDE = re.compile(r"\.[0-9a-f]{12}")
#: where a clone remembers for which trouble it was made
_RENEWED = "custodian-renewed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a checkout is to be of."""

    slug: str
    url: str
    branch: str | None

    @classmethod
    def of(cls, repo: Repo) -> "Wanted":
        """What the hub knows of the repo."""
        return cls(repo.slug, repo.remote_url or "", repo.default_branch)


@dataclass(frozen=True, slots=True)
class Ailment:
    """What a run found wrong with a clone in which nobody else is at work."""

    kind: str
    why: str


def is_managed(settings: Settings, repo: Repo) -> bool:
    """Whether the repo's checkout here is the worker's own, in which nobody else is at work."""
    return repo.host_paths.get(settings.host) == str(settings.managed / repo.slug)


def opening(settings: Settings) -> AbstractContextManager[None]:
    """As long as this is open, git may show the forge its token."""
    return entrusting(settings.forge_url, settings.forge_token)


def adopt(
    hub: Hub, settings: Settings, said: RegisterRepo, tell: Callable[[str], None]
) -> RegisterRepo:
    """The registration of a clone of the worker's own, which is there now."""
    if fitted(said.slug) != said.slug:
        reason = "it must be small letters, digits, `.`, `_` and `-`, a letter or digit first"
        raise BadValue(f"slug '{printable(said.slug, 100)}'", reason)
    known = _known(hub, said.slug)
    url = without_credentials(said.remote_url or (known and known.remote_url) or "")
    if not url:
        raise BadValue(f"repo {said.slug}", "the hub knows no remote of it; name its address")
    path = settings.managed / said.slug
    _refuse_another(known, settings.host, path)
    branch = said.default_branch or (known.default_branch if known else None)
    wanted = Wanted(said.slug, url, branch)
    if (why := _amiss(path, wanted)) is not None:
        tell(f"cloning {said.slug}")
        _clone(settings, path, wanted, why)
    checkout = look(path, settings)
    return replace(
        said,
        domain=said.domain or (known and known.domain) or domain_of(path) or said.slug,
        host=settings.host,
        path=str(path),
        remote_url=url,
        default_branch=branch or checkout.default_branch or checkout.branch,
    )


def tend(settings: Settings, repo: Repo) -> str | None:
    """The worker's checkout can be worked in; what had to be done for that, if anything."""
    path = settings.managed / repo.slug
    wanted = Wanted.of(repo)
    why = _amiss(path, wanted)
    if why is None:
        return None
    if not wanted.url:
        raise BadValue(f"repo {repo.slug}", f"{why}, and the hub knows no remote of it")
    _clone(settings, path, wanted, why)
    return f"cloned it anew: {why}"


def ailment(findings: Iterable[Finding]) -> Ailment | None:
    """What a run in a clone of the worker's own found that only damage can have brought about."""
    for each in findings:
        if each.code == "C-15" and each.reason in AILMENTS:
            return Ailment(each.reason or "", each.message)
        if each.code == "C-14":  # (nobody edits there)
            return Ailment("edited", f"{each.path} is not as it was committed")
    return None


def renew(settings: Settings, repo: Repo, found: Ailment) -> bool:
    """Whether the clone is another now; one that came for the same trouble is kept for a while."""
    path = settings.managed / repo.slug
    if not repo.remote_url or _renewed_for(path) == found.kind:
        return False
    _clone(settings, path, Wanted.of(repo), found.why, found.kind)
    return True


def _renewed_for(path: Path) -> str | None:
    """For which trouble the clone was made, if that was lately."""
    mark = path / ".git" / _RENEWED
    try:
        age = time.time() - mark.stat().st_mtime
        return mark.read_text() if age < RENEWED_S else None
    except (OSError, ValueError):
        return None


def _amiss(path: Path, wanted: Wanted) -> str | None:
    """What keeps the checkout from being worked in, where nobody else ever is at work."""
    if not path.exists():
        return "there was no checkout"
    folders = find(path)
    if isinstance(folders, NotHere):
        return folders.why
    if what := half_done(folders):
        return f"{what} was left half done"
    if lock := _stale_lock(folders):
        return f"{lock.relative_to(folders.common)} was left behind"
    git = folders.git
    if not git.run("rev-parse", "HEAD^{tree}", "@{upstream}^{tree}").ok:
        return "its HEAD, or what that follows, cannot be read"
    if not git.run("ls-files", "--", ".git/none").ok:
        return "its index cannot be read"
    told = git.run("config", "--get", "remote.origin.url").text
    if wanted.url and remote_of(told) != remote_of(wanted.url):
        return "its remote is another now"
    return None


def _stale_lock(folders: Folders) -> Path | None:
    """A lock that some git left when it was killed; each kind of them stops another command."""
    for lock in (*folders.common.glob("*.lock"), *folders.common.glob("refs/**/*.lock")):
        with suppress(OSError):
            if time.time() - lock.stat().st_mtime > STALE_S:
                return lock
    return None


def _clone(
    settings: Settings, path: Path, wanted: Wanted, why: str, kind: str | None = None
) -> None:
    """A fresh clone stands at the path; what was there is kept beside it, until the next time.

    It remembers for which kind of trouble it was made.
    """
    _check_remote(wanted.url, settings)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside.mkdir(mode=0o700)
        with _occupied(aside), opening(settings):
            _cloned(aside, wanted)
            if kind:
                (aside / ".git" / _RENEWED).write_text(kind)
            _swap(path, aside, why)
    except OSError as error:
        reason = f"no clone can be put there: {(error.strerror or str(error)).lower()}"
        raise FileTrouble(shown(path), reason) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        _clear(path)


@contextmanager
def _occupied(folder: Path) -> Generator[None]:
    """Whoever looks sees that somebody is at work in the folder, for as long as they live."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # (where folders cannot be locked, nobody sweeps any away either)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _clear(path: Path) -> None:
    """No clone lies beside the path that nobody is making any more."""
    for aside in path.parent.glob(f".{glob.escape(path.name)}.*"):
        if not _ASIDE.fullmatch(aside.name.removeprefix(f".{path.name}")):
            continue
        with suppress(OSError):
            handle = os.open(aside, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(aside, ignore_errors=True)
            finally:
                os.close(handle)


def _cloned(aside: Path, wanted: Wanted) -> None:
    """A clone whose old contents stay on the server where that can leave them out."""
    words = ["clone", "--quiet", "--no-recurse-submodules", "--origin", "origin"]
    words += [f"--branch={wanted.branch}"] if wanted.branch else []
    for filtered in (["--filter=blob:none"], []):
        arguments = [*words, *filtered, "--end-of-options", wanted.url, aside.name]
        ran = Git(aside.parent).run(*arguments, limit_s=CLONE_S)  # (a refused one leaves it empty)
        if ran.ok:
            return
        if "filter" not in ran.err:
            break
    hint = "; set up git's credentials for it, or GITEA_URL and GITEA_TOKEN"
    raise GitTrouble(shown(aside.parent), "clone", f"{ran.told}{hint}")


def _swap(path: Path, aside: Path, why: str) -> None:
    folders = find(path)
    if not isinstance(folders, Folders):
        _put(path, aside)
        return
    lock = RepoLock(folders)
    if not lock.take(PATIENCE_S):
        raise Conflict(shown(path), f"{why}, and another run holds it; it is tried again")
    with lock:
        _put(path, aside)


def _put(path: Path, aside: Path) -> None:
    if path.exists():
        damaged = path.with_name(f".{path.name}.damaged")
        shutil.rmtree(damaged, ignore_errors=True)
        path.rename(damaged)
    aside.rename(path)


def _check_remote(url: str, settings: Settings) -> None:
    """Raise `BadValue` for what only looks like a remote: a folder that is not to be read."""
    remote = remote_of(url)
    if remote is None or url.startswith("-"):
        raise BadValue("remote_url", "it is no address of a repo")
    if remote.host:
        return
    real = Path(unquote(url.removeprefix("file://"))).resolve()
    if not any(real.is_relative_to(root) for root in settings.roots):
        raise BadValue("remote_url", "a folder of this host must be below CUSTODIAN_ROOTS")


def _known(hub: Hub, slug: str) -> Repo | None:
    try:
        return hub.repo(slug)
    except UnknownThing:
        return None


def _refuse_another(known: Repo | None, host: str, path: Path) -> None:
    folder = known.host_paths.get(host) if known else None
    if folder and folder != str(path) and Path(folder).is_dir():
        raise Conflict(f"repo {path.name}", f"it lies in {folder} on this host already")
