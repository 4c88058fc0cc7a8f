import shlex
import subprocess

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from custodian_core.fenced import State
from custodian_core.hookscript import (
    HOOKS,
    Folder,
    Place,
    damage,
    installed,
    shared,
    state,
    unfit,
    uninstalled,
)

PROGRAM = "/opt/custodian/bin/custodian"
USERS = b"#!/bin/sh\necho mine\nexit 3\n"

SHEBANGS = (b"", b"#!/bin/sh", b"#!/bin/sh\n", b"#!/usr/bin/env bash\n", b"\n")
LINES = st.sampled_from([b"\n", b"echo mine", b"exit 3\n", b"# a note\n", b"\xff\n"])


@st.composite
def scripts(draw: st.DrawFn) -> bytes:
    shebang = draw(st.sampled_from(SHEBANGS))
    data = shebang + b"".join(draw(st.lists(LINES)))
    assume(unfit(data) is None)
    return data


@pytest.mark.parametrize("hook", HOOKS)
@given(data=scripts(), mode=st.sampled_from([0o755, 0o700, 0o644, 0o600]))
def test_what_is_installed_is_taken_out_without_a_trace(hook: str, data: bytes, mode: int) -> None:
    new = installed(hook, PROGRAM, data, mode)

    assert installed(hook, PROGRAM, new, 0o755) == new
    assert state(hook, PROGRAM, new, 0o755) == (State.INSTALLED, None)
    assert uninstalled(new) == (data, None if mode & 0o100 else mode)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_was_not_there_is_gone_afterwards(hook: str) -> None:
    new = installed(hook, PROGRAM, None, 0)

    assert new.startswith(b"#!/bin/sh\n# >>> custodian-sync-hook ")
    assert uninstalled(new) == (None, None)
    assert uninstalled(new + b"echo later\n") == (b"#!/bin/sh\necho later\n", None)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("data", [None, b"", b"#!/bin/sh", USERS])
def test_an_older_block_is_replaced_in_place(hook: str, data: bytes | None) -> None:
    old = installed(hook, "/somewhere/else/custodian", data, 0o755)
    older = old.replace(b" v1", b" v0", 1).replace(b"nohup", b"true")

    assert state(hook, PROGRAM, old, 0o755)[0] is State.OUTDATED
    assert installed(hook, PROGRAM, older, 0o755) == installed(hook, PROGRAM, data, 0o755)


def test_the_lines_stand_before_those_of_the_hook() -> None:
    lines = installed("post-commit", PROGRAM, USERS, 0o755).splitlines()

    assert lines[0] == b"#!/bin/sh"
    assert lines[1].startswith(b"# >>> custodian-sync-hook")
    assert lines[-2:] == [b"echo mine", b"exit 3"]


def test_what_slept_is_not_awakened() -> None:
    text = installed("post-commit", PROGRAM, USERS, 0o644)

    assert subprocess.run(["sh", "-c", text], capture_output=True).stdout == b""


@pytest.mark.parametrize(
    "program", ["/o'ne/two three", '/$(touch x)/"`;&', "/a\nb", "/custodian-sync-hook/custodian"]
)
def test_the_programs_path_is_quoted(program: str) -> None:
    text = installed("post-commit", program, None, 0)

    assert f"exec setsid {shlex.quote(program)} fix".encode() in text
    assert subprocess.run(["sh", "-n", "-c", text]).returncode == 0
    assert uninstalled(text) == (None, None)


@pytest.mark.parametrize(
    "shebang",
    [
        "/bin/sh",
        " /bin/sh -eu",
        "/usr/bin/env bash",
        "/usr/bin/env -S bash -e",
        "/usr/bin/env LC_ALL=C zsh",
        "/bin/busybox ash",
        "/usr/local/bin/dash",
    ],
)
def test_a_hook_for_a_posix_shell_is_fit(shebang: str) -> None:
    assert unfit(f"#!{shebang}\ntrue\n".encode()) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"#!/usr/bin/env python3\n", "it is written for python3, not for a POSIX shell"),
        (b"#!/usr/bin/fish\n", "it is written for fish, not for a POSIX shell"),
        (b"#!/usr/bin/env\n", "it is written for nothing, not for a POSIX shell"),
        (b"\x7fELF\0", "it is a program and no shell script"),
        (b"#!/bin/sh\r\ntrue\r\n", "its lines end in CR LF, which shells stumble over"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "it begins with a byte order mark"),
        (
            b"#!/bin/sh\n# custodian-sync-hook\nmake fix\n",
            "line 2 looks like a mark of ours and is none; take it out by hand",
        ),
        (
            b"# >>> custodian-sync-hook v1 >>>\n",
            "a block begins in line 1 and does not end; take it out by hand",
        ),
    ],
)
def test_a_hook_that_cannot_be_added_to_is_told_with_the_reason(data: bytes, why: str) -> None:
    assert unfit(data) == why
    assert state("post-commit", PROGRAM, data, 0o755) == (State.FOREIGN, why)


def test_half_a_block_is_not_taken_out() -> None:
    half = installed("post-commit", PROGRAM, USERS, 0o755).rpartition(b"# <<<")[0]

    assert damage(half) == "a block begins in line 2 and does not end"
    assert damage(USERS) is None


def test_a_hook_that_is_not_executable_is_told() -> None:
    new = installed("post-commit", PROGRAM, USERS, 0o755)

    assert state("post-commit", PROGRAM, new, 0o644) == (
        State.OUTDATED,
        "it is not executable, so git does not run it",
    )


@pytest.mark.parametrize(
    "folder",
    [
        Folder("/r/.git/hooks", Place.GIT),
        Folder("/r/.git/mine", Place.GIT, ".git/mine", "local"),
        Folder("/r/.githooks", Place.TREE, ".githooks", "worktree"),
        Folder("/srv/hooks", Place.ELSEWHERE, "/srv/hooks", "local"),
    ],
)
def test_a_folder_that_is_this_repos_alone_is_used(folder: Folder) -> None:
    assert shared(folder) is None


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        (Folder("/h", Place.ELSEWHERE, "~/h", "global"), "the global git configuration sends"),
        (Folder("/h", Place.ELSEWHERE, "/h", "system"), "the system git configuration sends"),
        (Folder("/r/.husky/_", Place.TREE, ".husky/_", "local"), "husky writes /r/.husky/_ anew"),
        (Folder("/r/ci", Place.TREE, "ci", "local", tracked=True), "the hooks in /r/ci are commi"),
        (Folder("/h", Place.ELSEWHERE), "its folder for hooks is a link to /h"),
        (Folder("/r", Place.TREE, "", "local"), "core.hooksPath is empty"),
    ],
)
def test_a_folder_that_others_use_is_refused_with_what_to_do(folder: Folder, why: str) -> None:
    told = shared(folder)

    assert told
    assert told.startswith(why)
    assert "custodian timer" in told or "git config --unset" in told
