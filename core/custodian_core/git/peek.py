"""Refs and the upstream read from git's own files; only where they are plain.

Starting a process costs more than all that a quiet repo needs. Whatever here is not plain - another
ref storage, includes, escapes, a ref that points to a ref - is None, and git is asked instead.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SECTION = re.compile(r'\[([A-Za-z0-9.-]+)(?: "([^"\\]*)")?\]')
_VALUE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*=\s*([^\"\\#;]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: settings under which refs, or the configuration itself, lie elsewhere
_ELSEWHERE = frozenset({"refstorage", "worktreeconfig"})
#: sections in which every line has to be understood
_READ = frozenset({"branch", "remote", "extensions"})


@dataclass(frozen=True, slots=True)
class Upstream:
    """What a branch follows."""

    remote: str
    remote_ref: str
    tracking: str


def commit_of(common: Path, ref: str) -> str | None:
    """The commit that a ref names."""
    said = ""
    with suppress(OSError, ValueError):
        said = (common / ref).read_text().strip()
    if _COMMIT.fullmatch(said):
        return said
    return None if said else _packed(common, ref)


def _packed(common: Path, ref: str) -> str | None:
    try:
        rows = (common / "packed-refs").read_text().splitlines()
    except (OSError, ValueError):
        return None
    for row in rows:
        commit, _, name = row.partition(" ")
        if name == ref:
            return commit if _COMMIT.fullmatch(commit) else None
    return None


def upstream_of(common: Path, branch: str) -> Upstream | None:
    """What the repo's own configuration says that the branch follows."""
    said = _configured(common)
    if said is None:
        return None
    mine = said.get(("branch", branch), {})
    remote, merge = mine.get("remote"), mine.get("merge")
    if not remote or not merge:
        return None
    fetched = said.get(("remote", remote[0]), {}).get("fetch")
    if len(remote) != 1 or len(merge) != 1 or not merge[0].startswith("refs/heads/"):
        return None
    if fetched != [f"+refs/heads/*:refs/remotes/{remote[0]}/*"]:
        return None
    name = merge[0].removeprefix("refs/heads/")
    return Upstream(remote[0], merge[0], f"refs/remotes/{remote[0]}/{name}")


def _configured(common: Path) -> dict[tuple[str, str], dict[str, list[str]]] | None:
    """The sections of the repo's configuration; None where it is more than plain."""
    try:
        rows = (common / "config").read_text().splitlines()
    except (OSError, ValueError):
        return None
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    name, section = "", dict[str, list[str]]()
    for row in map(str.strip, rows):
        if not row or row[0] in "#;":
            continue
        head, value = _SECTION.fullmatch(row), _VALUE.fullmatch(row)
        if head:
            name = head[1].lower()
            if name.startswith(("include", "branch.", "remote.")):
                return None
            section = said.setdefault((name, head[2] or ""), {})
        elif value:
            key = value[1].lower()
            if key in _ELSEWHERE:
                return None
            section.setdefault(key, []).append(value[2].strip())
        elif name in _READ or row[0] == "[" or row[-1] == "\\":
            return None
    return said
