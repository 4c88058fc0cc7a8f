"""F94, F96 and F99: nothing that a configuration, a name or an address says is run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from custodian_core.commands import ChangeRepo, RegisterRepo
from custodian_core.errors import BadValue, CustodianError, GitTrouble

from .conftest import ME, SLUG, T1, T2, Clone, Trap, World, codes, git
from .forge import FETCH, Forge, serving

HOOKS = [
    *("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout"),
    *("post-merge", "post-rewrite", "reference-transaction", "post-index-change"),
    *("pre-auto-gc", "fsmonitor-watchman", "pre-merge-commit"),
]


def plant(clone: Clone, trap: Trap) -> None:
    """All that a configuration can name to be run, but for what would end the run in C-15."""
    for name in HOOKS:
        hook = clone.top / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.symlink_to(trap.script(f"hook-{name}"))
    for key, then in {
        "core.fsmonitor": "exit 1",
        "core.sshCommand": "exit 1",
        "core.gitProxy": "exit 1",
        "core.pager": "cat",
        "core.editor": "exit 0",
        "core.askPass": "echo x",
        "core.alternateRefsCommand": "exit 0",
        "sequence.editor": "exit 0",
        "gpg.program": "exit 1",
        "gpg.ssh.program": "exit 1",
        "diff.external": "exit 0",
        "diff.evil.textconv": "cat $1",
        "diff.evil.command": "exit 0",
        "merge.evil.driver": "exit 0",
        "trailer.custodian-sync.command": "echo x",
        "interactive.diffFilter": "cat",
        "uploadpack.packObjectsHook": 'exec "$@"',
        "remote.origin.uploadpack": 'exec git-upload-pack "$@"',
        "remote.origin.receivepack": 'exec git-receive-pack "$@"',
        "credential.helper": "echo password=x",
    }.items():
        clone.git("config", key, trap.script(key, then))
    for key, value in {
        "commit.gpgSign": "true",
        "push.gpgSign": "if-asked",
        "merge.verifySignatures": "true",
        "log.showSignature": "true",
        "gc.auto": "1",
        "alias.merge": f"!{trap.script('alias')}",
        "alias.fetch": f"!{trap.script('alias')}",
        "pager.log": trap.script("pager.log", "cat"),
        "rerere.enabled": "true",
    }.items():
        clone.git("config", key, value)
    (clone.top / ".git/info").mkdir(exist_ok=True)
    (clone.top / ".git/info/attributes").write_text("* diff=evil merge=evil\n")
    alternates = clone.top / ".git/objects/info/alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{clone.world.remote}/objects\n")


def test_f96_nothing_that_a_configuration_names_is_run(
    behind_hub: Clone, b: Clone, world: World, trap: Trap
) -> None:
    plant(behind_hub, trap)
    behind_hub.check()
    assert trap.ran == set()

    written = behind_hub.fix()
    (b.top / "README.md").write_text("b\n")
    b.git("pull", "-q")
    b.commit("b", "README.md")
    b.git("push", "-q")
    pulled = behind_hub.fix(pull=True)
    world.move(T2, "done")
    behind_hub.fix(push=False)
    b.git("commit", "-q", "--allow-empty", "-m", "c")
    b.git("push", "-q")
    rebuilt = behind_hub.fix()

    assert trap.ran == set()
    assert (written.sealed, pulled.sealed, rebuilt.sealed) == (True, True, True)
    assert (behind_hub.says(T1), behind_hub.says(T2)) == ("done", "done")
    behind_hub.git("status", check=False)
    behind_hub.git("fetch", check=False)
    behind_hub.git("commit", "--allow-empty", "-m", "x", check=False)
    assert len(trap.ran) >= 5, "the traps work"


def test_f96_a_pre_push_hook_is_not_run_unless_that_is_asked_for(
    behind_hub: Clone, trap: Trap
) -> None:
    (behind_hub.top / ".git/hooks").mkdir(exist_ok=True)
    (behind_hub.top / ".git/hooks/pre-push").symlink_to(trap.script("pre-push"))
    assert behind_hub.fix().sealed
    assert trap.ran == set()

    behind_hub.work(T2, "done", push=False)
    report = behind_hub.fix()
    assert [f.reason for f in report.findings if f.code == "C-17"] == ["hook"]
    assert trap.ran == set()
    assert behind_hub.fix(hooks=True).sealed
    assert trap.ran == {"pre-push"}


@pytest.mark.parametrize("kind", ["clean", "smudge", "process"])
@pytest.mark.parametrize("where", ["config", "included", "worktree"])
def test_f96_a_filter_of_the_repos_own_is_not_run_and_its_files_are_left_alone(
    behind_hub: Clone, trap: Trap, kind: str, where: str
) -> None:
    said = f'[filter "evil"]\n\t{kind} = {trap.script("filter", "cat")}\n\trequired = true\n'
    if where == "included":
        (behind_hub.top / ".git/more").write_text(said)
        said = "[include]\n\tpath = more\n"
    config = "config"
    if where == "worktree":
        behind_hub.git("config", "extensions.worktreeConfig", "true")
        config = "config.worktree"
    with (behind_hub.top / ".git" / config).open("a") as file:
        file.write(said)
    (behind_hub.top / ".git/info").mkdir(exist_ok=True)
    (behind_hub.top / ".git/info/attributes").write_text("* filter=evil\n")
    os.utime(behind_hub.plan, (1, 1))
    behind_hub.check()
    report = behind_hub.fix()

    assert trap.ran == set()
    assert report.outcome == "in-the-way"
    assert "passes filter evil" in report.findings[-1].message
    (behind_hub.top / ".git/info/attributes").write_text("*.bin filter=evil\n")
    assert behind_hub.fix().sealed
    assert trap.ran == set()


def test_f22_files_of_a_repo_in_which_lfs_was_installed_are_synced(behind_hub: Clone) -> None:
    for key, value in {
        "clean": "git-lfs clean -- %f",
        "smudge": "git-lfs smudge -- %f",
        "process": "git-lfs filter-process",
    }.items():
        behind_hub.git("config", f"filter.lfs.{key}", value)
    behind_hub.git("config", "filter.lfs.required", "true")
    (behind_hub.top / ".git/info").mkdir(exist_ok=True)
    (behind_hub.top / ".git/info/attributes").write_text("*.bin filter=lfs\n")

    assert behind_hub.fix().sealed


@pytest.fixture
def forge(world: World) -> Iterator[Forge]:
    with serving(world.folder) as made:
        yield made


@pytest.mark.parametrize("section", ["credential", "credential.http://127.0.0.1"])
@pytest.mark.parametrize("value", ["!{0}", "{0}", "store --file=/dev/null; {0}", "`{0}`"])
def test_f96_a_credential_helper_of_the_repos_own_is_not_run(
    behind_hub: Clone, forge: Forge, trap: Trap, section: str, value: str
) -> None:
    forge.answers = {FETCH: 401}
    behind_hub.git("remote", "set-url", "origin", forge.url())
    behind_hub.git("config", f"{section}.helper", value.format(trap.script("helper")))
    behind_hub.check()
    report = behind_hub.fix()

    assert trap.ran == set()
    assert ("C-19", "auth") in [(f.code, f.reason) for f in report.findings]


def test_a_credential_helper_of_the_users_own_is_heard(
    behind_hub: Clone, forge: Forge, trap: Trap, tmp_path: Path
) -> None:
    forge.answers = {FETCH: 401}
    behind_hub.git("remote", "set-url", "origin", forge.url())
    behind_hub.git("config", "credential.helper", trap.script("evil"))
    git(tmp_path, "config", "--global", "credential.helper", trap.script("mine"))
    behind_hub.check()

    assert trap.ran == {"mine"}


def test_a_credential_helper_that_a_repo_picks_by_name_is_heard(
    behind_hub: Clone, forge: Forge, tmp_path: Path
) -> None:
    asked: list[str] = []
    forge.before = asked.append
    forge.answers = {FETCH: 401}
    (tmp_path / "kept").write_text(f"http://me:s3cret@127.0.0.1:{forge.port}\n")
    behind_hub.git("remote", "set-url", "origin", forge.url())
    behind_hub.git("config", "credential.helper", f"store --file={tmp_path}/kept")
    behind_hub.check()

    assert len(asked) == 2, "asked again with a password"


def test_f96_what_is_fetched_when_an_object_is_missing_runs_nothing(
    behind_hub: Clone, world: World, trap: Trap
) -> None:
    blob = behind_hub.git("rev-parse", "HEAD:workplans/MRKD-WP-0001.md")
    (behind_hub.top / ".git/objects" / blob[:2] / blob[2:]).unlink()
    behind_hub.git("config", "core.repositoryFormatVersion", "1")
    behind_hub.git("config", "extensions.partialClone", "evil")
    behind_hub.git("config", "remote.evil.url", str(world.remote))
    behind_hub.git("config", "remote.evil.promisor", "true")
    script = trap.script("uploadpack", 'exec git-upload-pack "$@"')
    behind_hub.git("config", "remote.evil.uploadpack", script)

    for act in (behind_hub.check, behind_hub.fix):
        with pytest.raises(GitTrouble, match="is missing"):
            act()
    assert trap.ran == set()


def test_a_clone_that_fetches_files_when_they_are_wanted_is_synced(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    git(world.remote, "config", "uploadpack.allowFilter", "true")
    top = world.folder / "partial"
    source = f"file://{world.remote}"
    git(world.folder, "clone", "-q", "--filter=blob:none", "--no-checkout", source, str(top))
    git(top, "checkout", "-q")
    world.hub.do(ChangeRepo(SLUG, {"host_paths": {"p": str(top)}}), ME)
    partial = Clone(world, top, "p")

    assert partial.fix().sealed
    assert partial.says(T1) == "done"


def test_an_object_that_is_missing_is_told_by_its_name(behind_hub: Clone) -> None:
    blob = behind_hub.git("rev-parse", "HEAD:workplans/MRKD-WP-0001.md")
    (behind_hub.top / ".git/objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(GitTrouble):
        behind_hub.fix()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch {0}'",
        "ext::{0}",
        "fd::17",
        "ssh://-oProxyCommand={0}/x",
        "-oProxyCommand={0}:x",
        "--upload-pack={0}",
        "git://127.0.0.1:9/x",
        "evil::x",
        "$({0})",
        "`{0}`",
        "/nowhere;{0}",
    ],
)
def test_f99_an_address_that_would_run_something_runs_nothing(
    behind_hub: Clone, trap: Trap, url: str
) -> None:
    script = trap.script("url")
    behind_hub.git("config", "protocol.ext.allow", "always")
    behind_hub.git("config", "protocol.allow", "always")
    behind_hub.git("config", "remote.origin.url", url.format(script))
    reports = [behind_hub.check(), behind_hub.fix()]

    assert trap.ran == set()
    for report in reports:
        assert codes(report)[0] in ("C-15", "C-19")
        assert report.sealed is not True


@pytest.mark.parametrize("key", ["remote.origin.vcs", "url.ext::{0}.insteadOf"])
def test_f99_a_helper_for_a_remote_is_not_run(behind_hub: Clone, trap: Trap, key: str) -> None:
    url = behind_hub.git("remote", "get-url", "origin")
    behind_hub.git("config", key.format(trap.script("vcs")), "ext" if "vcs" in key else url)
    behind_hub.git("config", "remote.origin.url", f"{trap.script('vcs')} x")
    report = behind_hub.fix()

    assert trap.ran == set()
    assert report.sealed is not True


@pytest.mark.parametrize(
    "name", ["--upload-pack={0}", "-c", "--exec={0}", "-", "ext::{0}", "HEAD", "..", "a b"]
)
def test_f94_a_remote_or_branch_that_looks_like_an_option_is_none(
    behind_hub: Clone, trap: Trap, name: str
) -> None:
    name = name.format(trap.script("option"))
    config = behind_hub.top / ".git/config"
    before = config.read_text()
    config.write_text(
        f'{before}[branch "main"]\n\tremote = "{name}"\n[remote "{name}"]\n\turl = '
        f"{behind_hub.world.remote}\n\tfetch = +refs/heads/*:refs/remotes/{name}/*\n"
    )
    reports = [behind_hub.check(), behind_hub.fix()]
    config.write_text(
        f'{before}[branch "{name}"]\n\tremote = origin\n\tmerge = refs/heads/{name}\n'
    )
    (behind_hub.top / ".git/HEAD").write_text(f"ref: refs/heads/{name}\n")
    reports += [behind_hub.check(), behind_hub.fix()]

    assert trap.ran == set()
    assert all(report.findings or report.sealed for report in reports)


@pytest.mark.parametrize(
    "slug", ["--upload-pack=x", "-c", "a/../b", "..", "a b", "$(x)", "a\nb", "", "A", "a" * 300]
)
def test_f94_a_slug_that_is_none_is_refused(world: World, slug: str) -> None:
    with pytest.raises(BadValue):
        world.hub.do(RegisterRepo(slug, "custodian"), ME)


@pytest.mark.parametrize("branch", ["--upload-pack=x", "-c", "$(x)", "a\nb", "a b"])
def test_f94_a_branch_that_is_none_is_refused_or_never_checked_out(
    behind_hub: Clone, world: World, branch: str
) -> None:
    try:
        world.hub.do(ChangeRepo(SLUG, {"default_branch": branch}), ME)
    except CustodianError:
        return
    report = behind_hub.fix()

    assert report.outcome == "wrong-branch"
    assert report.findings[0].message.isprintable()
