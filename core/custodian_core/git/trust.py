"""What a repo's own configuration names to be run, and what is said against it.

Whoever can write in a checkout can write in its `.git/config`; a timer that visits it later runs
nothing that is named there. What the user's own configuration names is as good as ever.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .entrusting import Config
from .runner import Git

#: helpers by name, which are looked for on PATH, with plain options (not compiled before some repo
#: names one: making it takes as long as looking at three repos)
_HELPER = r"(?i)[a-z][a-z0-9-]*(?: --?[a-z-]+(?:[= ][\w@%+:,./~-]+)?)*"
_LFS = r"git-lfs (?:clean|smudge|filter-process)(?: --skip)?(?: -- %f)?"
_NAMED = r"^(filter\..*\.(clean|smudge|process)|credential\.(.*\.)?helper|remote\..*\.uploadpack)$"
#: words without which a configuration names none of these; what is included may say anything
_WORDS = (b"filter", b"credential", b"uploadpack", b"include")


@dataclass(frozen=True, slots=True)
class Named:
    """A program that some configuration names."""

    key: str
    value: str
    #: by the repo's own configuration
    own: bool

    @property
    def driver(self) -> str | None:
        """The filter's name, where it is one."""
        kind, _, rest = self.key.partition(".")
        return rest.rpartition(".")[0] if kind == "filter" else None

    @property
    def trusted(self) -> bool:
        """Whether it is the user's, or a program that the repo only picks by name."""
        if not self.own or not self.value:
            return True
        kind = self.key.partition(".")[0]
        allowed = {"filter": _LFS, "credential": _HELPER}.get(kind)
        return allowed is not None and re.fullmatch(allowed, self.value) is not None


def git_in(top: Path, own: Path, common: Path) -> Git:
    """Git in the checkout, deaf to the programs that its configuration names."""
    said = b"".join(map(_text, (common / "config", own / "config.worktree"))).lower()
    env: dict[str, str] = {}
    if b"worktree" in said or b"include" in said:
        # Another folder for the files than this one would be written to in its place.
        env["GIT_WORK_TREE"] = str(top)
    config: Config = ()
    if any(word in said for word in _WORDS):
        named = tuple(_named(Git(top)))
        config = tuple(_against(named))
        lazy = b"promisor" in said or b"partialclone" in said or b"include" in said
        if lazy and any(each.key.endswith(".uploadpack") and each.own for each in named):
            # Any command may fetch what is missing, by a program that no option overrides.
            env["GIT_ALLOW_PROTOCOL"] = "http:https:ssh"
    return Git(top, config, tuple(env.items()))


def _text(config: Path) -> bytes:
    try:
        return config.read_bytes()
    except OSError:
        return b""


def _named(git: Git) -> Iterator[Named]:
    out = git.run("config", "--show-scope", "--null", "--get-regexp", _NAMED).out
    fields = out.decode(errors="surrogateescape").split("\0")[:-1]
    with git.understood("config"):
        pairs = list(zip(fields[::2], fields[1::2], strict=True))
    for scope, said in pairs:
        key, _, value = said.partition("\n")
        yield Named(key, value, scope in ("local", "worktree"))


def _against(named: tuple[Named, ...]) -> Iterator[tuple[str, str]]:
    """Configuration that undoes what is not trusted."""
    drivers = dict.fromkeys(each.driver for each in named if each.driver and not each.trusted)
    for driver in drivers:
        yield f"filter.{driver}.clean", ""
        yield f"filter.{driver}.smudge", ""
        yield f"filter.{driver}.process", ""
        yield f"filter.{driver}.required", "false"
    helpers = [each for each in named if each.key.startswith("credential.")]
    if not all(each.trusted for each in helpers):
        yield "credential.helper", ""
        yield from ((each.key, each.value) for each in helpers if each.trusted)


def in_the_way(git: Git, old: str, new: str) -> str | None:
    """Why git cannot move files between these commits, where a silenced filter would be needed."""
    silenced = {key.split(".", 1)[1].rpartition(".")[0] for key, _ in git.config if _is_filter(key)}
    if not silenced:
        return None
    paths = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new).out
    said = git.run("check-attr", "-z", "--stdin", "filter", data=paths).out.split(b"\0")
    for path, value in zip(said[::3], said[2::3], strict=False):
        driver = value.decode(errors="surrogateescape")
        if driver in silenced:
            name = path.decode(errors="replace")
            return f"{name} passes filter {driver}, which the repo's own configuration would run"
    return None


def _is_filter(key: str) -> bool:
    return key.startswith("filter.")
