"""The lines that Custodian puts into a git hook, and which hooks and folders it leaves alone."""

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum

from .fenced import NEW, Block, Damaged, Marks, State, find, put, take_out
from .text import printable

HOOKS = ("post-commit", "post-merge", "post-rewrite")

#: set to `off`, no hook of ours does anything
SWITCH = "CUSTODIAN_SYNC_HOOK"

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ash"})

#: the line that somebody can put where Custodian will not
BY_HAND = f'{SWITCH}=off custodian fix --background "$PWD" </dev/null >/dev/null 2>&1 &'
TIMER = "or leave it to custodian timer"

_SHEBANG = b"#!/bin/sh\n"
_WORD = "custodian-sync-hook"
_MARKS = Marks(
    begin=re.compile(rb"# >>> custodian-sync-hook v\d+(?P<said>(?: new| glued| mode=[0-7]+)*) >>>"),
    end=re.compile(rb"# <<< custodian-sync-hook <<<"),
    word=re.compile(rb"^\s*#.*custodian-sync-hook"),
)

#: git runs a hook that its owner may execute
_EXECUTABLE = 0o100

#: In a rebase every picked commit runs post-commit; post-rewrite speaks once for all of them.
_NO_REBASE = '[ ! -d "${GIT_DIR:-.git}/rebase-merge" ] && [ ! -d "${GIT_DIR:-.git}/rebase-apply" ]'
#: An amended commit runs post-commit as well, so post-rewrite speaks for rebases alone.
_WHEN = {
    "post-commit": _NO_REBASE,
    "post-merge": _NO_REBASE,
    "post-rewrite": '[ "${1:-}" = rebase ]',
}

# It is started with nothing of the committer's open: whoever reads the commit's output waits until
# the last holder of the pipe has gone. It is no child of the hook's shell, which may `wait` for its
# own. It touches no variable and no argument of the hook's own lines, and holds under `set -eu`.
_BLOCK = """\
# >>> {word} v1{said} >>>
# Tells Custodian what was committed here; `custodian hooks uninstall` takes these lines out.
if [ "${{{switch}:-}}" != off ] && [ -x {program} ] &&
    {when}; then
    ({{
        export {switch}=off
        if command -v setsid; then
            exec setsid {program} fix --background "$PWD"
        elif command -v nohup; then
            exec nohup {program} fix --background "$PWD"
        else
            exec {program} fix --background "$PWD"
        fi
    }} </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &)
fi || :
{rest}# <<< {word} <<<"""

_ASLEEP = """\
# What follows was not executable before, so git did not run it, and it is not run now.
exit 0
"""


class Place(StrEnum):
    """Where the folder lies in which git looks for hooks."""

    GIT = "git"
    TREE = "tree"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder in which git looks for hooks, as far as it matters who else uses it."""

    path: str
    place: Place
    #: what core.hooksPath says and which configuration says it; None where none does
    said: str | None = None
    scope: str = ""
    #: whether files below it are in the repo's commits
    tracked: bool = False


def shared(folder: Folder) -> str | None:
    """Why hooks of this folder are not this checkout's alone, with what to do; None if they are."""
    path = printable(folder.path)
    if folder.said == "":
        return "core.hooksPath is empty, so git looks nowhere; git config --unset core.hooksPath"
    if folder.said is not None and folder.scope not in ("local", "worktree"):
        own = "git config core.hooksPath .git/hooks"
        return (
            f"the {folder.scope} git configuration sends the hooks of every repo to {path}; "
            f"{own} gives this one its own, {TIMER}"
        )
    if re.search(r"(^|/)\.husky/_/?$", folder.path):
        return (
            f"husky writes {path} anew at each install; put this line into .husky/post-commit and "
            f"its like, and commit it: {BY_HAND}  {TIMER}"
        )
    if folder.place is Place.TREE and folder.tracked:
        return (
            f"the hooks in {path} are committed, and another machine has no such custodian; "
            f"put this line there by hand: {BY_HAND}  {TIMER}"
        )
    if folder.place is Place.ELSEWHERE and folder.said is None:
        return f"its folder for hooks is a link to {path}, which others may share; {TIMER}"
    return None


def unfit(data: bytes) -> str | None:
    """Why lines for a POSIX shell cannot be added to the hook; None where they can."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "it begins with a byte order mark"
    if b"\0" in data:
        return "it is a program and no shell script"
    if b"\r\n" in data or data.endswith(b"\r"):
        return "its lines end in CR LF, which shells stumble over"
    language = _language(data)
    if language not in SHELLS:
        return f"it is written for {printable(language, 40) or 'nothing'}, not for a POSIX shell"
    amiss = damage(data)
    return f"{amiss}; take it out by hand" if amiss else None


def _language(data: bytes) -> str:
    """The program that runs the script; git gives one that does not say to sh."""
    if not data.startswith(b"#!"):
        return "sh"
    words = data.partition(b"\n")[0][2:].decode(errors="replace").split()
    names = [word.rpartition("/")[2] for word in words]
    if names[:1] == ["env"]:
        names = [name for name in names[1:] if not name.startswith("-") and "=" not in name]
    if names[:1] == ["busybox"]:
        names = names[1:]
    return names[0] if names else ""


def installed(hook: str, program: str, data: bytes | None, mode: int) -> bytes:
    """The hook with our lines first; `data` is None where there is none, and fit where there is."""
    if data is None:
        memory, data = frozenset({NEW}), _SHEBANG
    elif mode & _EXECUTABLE or find(data, _MARKS):
        memory = frozenset[str]()
    else:
        memory = frozenset({f"mode={mode:o}"})

    def write(said: frozenset[str]) -> bytes:
        return _lines(hook, program, said | memory)

    first = data.find(b"\n") + 1 or len(data)
    return put(data, _MARKS, write, first if data.startswith(b"#!") else 0)


def state(hook: str, program: str, data: bytes | None, mode: int) -> tuple[State, str | None]:
    """How the hook stands, and why where that is not plain."""
    if data is None:
        return State.ABSENT, None
    if reason := unfit(data):
        return State.FOREIGN, reason
    if find(data, _MARKS) is None:
        return State.ABSENT, None
    if installed(hook, program, data, mode) != data:
        return State.OUTDATED, "its lines are older, or start another custodian"
    if not mode & _EXECUTABLE:
        return State.OUTDATED, "it is not executable, so git does not run it"
    return State.INSTALLED, None


def uninstalled(data: bytes) -> tuple[bytes | None, int | None]:
    """The hook as it was, None where there was none, and the mode it had if we changed that."""
    block = find(data, _MARKS)
    if not isinstance(block, Block):
        return data, None
    rest = take_out(data, block)
    if NEW in block.said and rest == _SHEBANG:
        return None, None
    modes = (word.removeprefix("mode=") for word in block.said if word.startswith("mode="))
    return rest, next((int(mode, 8) for mode in modes), None)


def damage(data: bytes) -> str | None:
    """Why our lines cannot be taken out; None where they can, or where there are none."""
    block = find(data, _MARKS)
    return block.why if isinstance(block, Damaged) else None


def _lines(hook: str, program: str, said: frozenset[str]) -> bytes:
    asleep = any(word.startswith("mode=") for word in said)
    text = _BLOCK.format(
        word=_WORD,
        said="".join(f" {word}" for word in sorted(said)),
        switch=SWITCH,
        program=shlex.quote(program),
        when=_WHEN[hook],
        rest=_ASLEEP if asleep else "",
    )
    return text.encode(errors="surrogateescape")
