"""F40 to F48: whatever a remote does, the run ends in time and says what it could not do."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from custodian_tools.sync import Report

from .conftest import SLUG, T1, T2, Clone, World, git, put
from .forge import FETCH, PUSH, Forge, serving


def reasons(report: Report) -> list[tuple[str, str | None]]:
    """What the run found of the remote, and why."""
    return [(f.code, f.reason) for f in report.findings if f.code in ("C-15", "C-17", "C-19")]


def why(report: Report) -> str:
    """What the last of these says."""
    return [f.message for f in report.findings if f.code in ("C-17", "C-19")][-1]


@pytest.fixture
def forge(world: World) -> Iterator[Forge]:
    """A forge that serves the remote over HTTP."""
    with serving(world.folder) as made:
        yield made


@pytest.fixture
def clone(a: Clone, world: World, forge: Forge) -> Clone:
    """A clone over HTTP that a run writes to: T1 is done in the hub, T2 in a pushed commit."""
    a.fix()
    a.git("remote", "set-url", "origin", forge.url())
    a.work(T2, "done")
    world.move(T1, "done")
    return a


def unsealed(report: Report) -> bool:
    """Whether the run says that it does not know, or knows not, that local is the remote."""
    state = report.after
    assert state is not None
    return report.sealed is not True and (state.ahead, state.behind) != (None, None)


def heals(clone: Clone, world: World) -> None:
    """With the remote back, one run is enough."""
    report = clone.fix()

    assert report.sealed, report
    assert clone.head == git(world.remote, "rev-parse", "main")
    assert (clone.says(T1), world.status(T2)) == ("done", "done")
    assert clone.git("status", "--porcelain") == ""
    assert clone.fix().unchanged


def test_over_http_a_run_is_like_any_other(clone: Clone, world: World) -> None:
    heals(clone, world)


# --- the remote is not reached at all: C-19, the hub still learns, no commit is made or piled up


def test_f40_a_remote_that_stalls_is_given_up(
    clone: Clone, world: World, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodian_core.git.remote.REMOTE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        clone.git("remote", "set-url", "origin", f"http://127.0.0.1:{port}/remote.git")
        report = clone.fix()
    monkeypatch.undo()

    assert reasons(report)[0] == ("C-19", "unreachable")
    assert "took longer than 0.5 s" in report.findings[0].message
    assert report.sealed is not True
    assert world.status(T2) == "done"


def test_f43_a_connection_that_is_refused_is_told(clone: Clone, world: World) -> None:
    url = clone.git("remote", "get-url", "origin")
    clone.git("remote", "set-url", "origin", "http://127.0.0.1:9/remote.git")
    report = clone.fix()

    assert reasons(report)[0] == ("C-19", "unreachable")
    assert world.status(T2) == "done"
    clone.git("remote", "set-url", "origin", url)
    heals(clone, world)


def test_f43_a_name_that_nobody_knows_is_told(clone: Clone) -> None:
    clone.git("remote", "set-url", "origin", "http://nowhere.invalid/remote.git")
    report = clone.check()

    assert reasons(report) == [("C-19", "unreachable")]
    assert "nowhere.invalid" in why(report)


def test_f43_a_certificate_that_is_none_is_told(clone: Clone, forge: Forge) -> None:
    clone.git("remote", "set-url", "origin", forge.url().replace("http://", "https://"))
    report = clone.check()

    assert reasons(report) == [("C-19", "unreachable")]
    assert "SSL" in why(report) or "TLS" in why(report) or "tls" in why(report)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "auth"),
        (403, "auth"),
        (404, "unreachable"),
        (407, "auth"),
        (429, "unreachable"),
        (500, "unreachable"),
        (503, "unreachable"),
    ],
)
def test_f43_a_remote_that_answers_with_an_error_is_told_and_caught_up_with(
    clone: Clone, world: World, forge: Forge, status: int, reason: str
) -> None:
    forge.answers = {FETCH: status}
    head = clone.head
    report = clone.fix()

    assert reasons(report)[0] == ("C-19", reason)
    assert report.sealed is not True
    assert world.status(T2) == "done"
    assert int(clone.git("rev-list", "--count", f"{head}..HEAD")) <= 1
    again = clone.fix()
    assert int(clone.git("rev-list", "--count", f"{head}..HEAD")) <= 1
    assert again.sealed is not True
    forge.answers = {}
    heals(clone, world)


def test_f43_an_error_in_passing_leaves_the_next_run_in_step(
    clone: Clone, world: World, forge: Forge
) -> None:
    def once(_what: str) -> None:
        forge.answers = {FETCH: 500} if len(forge.asked) == first else {}

    first = len(forge.asked) + 1
    forge.before = once
    assert reasons(clone.fix())[0] == ("C-19", "unreachable")
    heals(clone, world)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Host key verification failed.", "auth"),
        ("git@nowhere: Permission denied (publickey).", "auth"),
        ("ssh: connect to host nowhere port 22: Connection timed out", "unreachable"),
        ("kex_exchange_identification: Connection closed by remote host", "unreachable"),
    ],
)
def test_f42_a_host_that_ssh_does_not_know_fails_fast_and_is_named(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, reason: str
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    clone.git("remote", "set-url", "origin", "ssh://git@nowhere/remote.git")
    report = clone.fix()

    assert reasons(report)[0] == ("C-19", reason)
    assert said in report.findings[0].message


def test_f46_objects_that_a_check_refuses_are_not_taken_in(a: Clone, world: World) -> None:
    a.fix()
    bad = f"tree {git(world.remote, 'rev-parse', 'main^{tree}')}\nauthor x\n\nno\n"
    commit = git(
        world.remote, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=bad
    )
    git(world.remote, "update-ref", "refs/heads/main", commit)
    a.git("config", "fetch.fsckObjects", "true")
    head = a.head
    report = a.fix(pull=True)

    assert reasons(report) == [("C-19", "unreachable")]
    assert "fsck" in why(report)
    assert a.head == head


# --- it is read, and does not take what is pushed: C-17, and nothing piles up


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "auth"), (403, "auth"), (413, "rejected"), (500, "offline")],
)
def test_f47_a_push_that_the_server_refuses_is_told_and_tried_again(
    clone: Clone, world: World, forge: Forge, status: int, reason: str
) -> None:
    forge.answers = {f"/remote.git/{PUSH}": status}
    head = clone.head
    report = clone.fix()

    assert reasons(report) == [("C-17", reason)]
    assert report.sealed is False
    assert report.after is not None
    kept = int(reason == "offline")  # what is refused is taken back, what got no answer waits
    assert (report.after.ahead, report.after.behind) == (kept, 0)
    for _ in range(2):
        assert reasons(clone.fix()) == [("C-17", reason)]
    assert clone.git("rev-list", "--count", f"{head}..HEAD") == str(kept)
    forge.answers = {}
    heals(clone, world)


def test_f44_a_push_that_hangs_is_given_up(
    clone: Clone, world: World, shim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodian_core.git.remote.REMOTE_S", 0.5)
    put(shim, 'case "$1" in push) sleep 60;; esac')
    report = clone.fix()
    shim.unlink()
    monkeypatch.setattr("custodian_core.git.remote.REMOTE_S", 60)

    assert reasons(report) == [("C-17", "offline")]
    assert "took longer than 0.5 s" in why(report)
    assert report.sealed is False
    heals(clone, world)


def test_f45_a_push_whose_answer_is_lost_makes_no_second_commit(
    clone: Clone, world: World, shim: Path
) -> None:
    before = int(git(world.remote, "rev-list", "--count", "main"))
    put(shim, 'case "$1" in push) "$REAL_GIT" "$@"; exit 1;; esac')
    report = clone.fix()
    shim.unlink()

    assert report.sealed
    assert reasons(report) == []
    heals(clone, world)
    assert int(git(world.remote, "rev-list", "--count", "main")) == before + 1


def test_f45_a_run_that_is_cut_off_after_its_push_is_seen_as_even_by_the_next(
    clone: Clone, world: World, forge: Forge, shim: Path
) -> None:
    put(shim, f'case "$1" in push) "$REAL_GIT" "$@"; touch {shim.with_name("gone")}; exit 1;; esac')
    down = f'[ -e {shim.with_name("gone")} ] && case "$1" in fetch) exit 1;; esac\n'
    put(shim, down + shim.read_text().split("\n", 1)[1].rsplit("\nexec", 1)[0])
    before = int(git(world.remote, "rev-list", "--count", "main"))
    report = clone.fix()
    shim.unlink()

    assert report.sealed is not True
    heals(clone, world)
    assert int(git(world.remote, "rev-list", "--count", "main")) == before + 1


def test_f48_what_a_remote_pours_out_is_cut_and_tamed(clone: Clone, world: World) -> None:
    hook = world.remote / "hooks/pre-receive"
    hook.write_text(
        "#!/bin/sh\nprintf '\\033[31mno\\033[0m \\007\\342\\200\\256 C-17 sealed\\r\\n' >&2\n"
        "head -c 200000 /dev/zero | tr '\\0' x >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    report = clone.fix()

    assert reasons(report) == [("C-17", "protected")]
    assert why(report).isprintable()
    assert len(json.dumps(report.to_json())) < 5000
    hook.unlink()
    heals(clone, world)


# --- secrets


@pytest.mark.parametrize("answers", [{}, {FETCH: 401}, {FETCH: 500}, {PUSH: 403}, {PUSH: 500}])
def test_f105_a_secret_in_the_remotes_address_is_told_nowhere(
    clone: Clone, world: World, forge: Forge, answers: dict[str, int], tmp_path: Path
) -> None:
    clone.git("remote", "set-url", "origin", forge.url("me:s3cret@"))
    forge.answers = answers
    reports = [clone.check(), clone.fix()]
    forge.answers = {}
    clone.git("remote", "set-url", "origin", "http://me:s3cret@127.0.0.1:9/remote.git")
    reports += [clone.check(), clone.fix()]

    assert "s3cret" not in json.dumps([report.to_json() for report in reports])
    assert "s3cret" not in repr(world.hub.repo(SLUG))
    assert "s3cret" not in repr(world.hub.events(limit=1000))
    assert b"s3cret" not in (tmp_path / "hub.db").read_bytes()
    assert "s3cret" not in clone.git("log", "--format=%B")


def test_f105_a_secret_that_the_remote_says_back_is_not_told(clone: Clone, world: World) -> None:
    hook = world.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'https://me:s3cret@x.org/ may not push' >&2\nexit 1\n")
    hook.chmod(0o755)
    report = clone.fix()

    assert "may not push" in why(report)
    assert "s3cret" not in json.dumps(report.to_json())


def test_the_users_own_way_of_ssh_is_kept_and_the_repos_is_not(
    a: Clone, world: World, tmp_path: Path
) -> None:
    for name in ("users", "repos"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/{name}-ran\nexit 255\n")
        program.chmod(0o755)
    with (tmp_path / "gitconfig").open("a") as config:
        config.write(f"[core]\n\tsshCommand = {tmp_path}/users\n")
    a.git("config", "core.sshCommand", str(tmp_path / "repos"))
    a.git("remote", "set-url", "origin", "ssh://git@forge.invalid/repo.git")
    report = a.fix()

    assert report.outcome in ("offline", "unpushed")
    assert (tmp_path / "users-ran").exists()
    assert not (tmp_path / "repos-ran").exists()
