"""F94 to F110: nothing that a repo, a remote or a hub says is run, followed, or taken for ours."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custodian_core.commands import ChangeRepo, RegisterRepo
from custodian_core.errors import BadValue, CustodianError, GitTrouble
from custodian_core.findings import Severity
from custodian_tools.sync import Report
from custodian_tools.sync.background import line, log

from .conftest import ME, SLUG, Clone, World, git, plan_text
from .forge import FETCH, Forge, serving

T1, T2, T3 = (f"MRKD-WP-0001-T0{number}" for number in (1, 2, 3))


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.fixture
def behind_hub(a: Clone, world: World) -> Clone:
    """A clone that a run writes to."""
    a.fix()
    world.move(T1, "done")
    return a


class Trap:
    """A script that leaves a trace when it is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        (folder / "ran").mkdir()

    def script(self, name: str, then: str = "exit 0") -> str:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\ntouch {self.folder}/ran/{name}\n{then}\n")
        path.chmod(0o755)
        return str(path)

    @property
    def ran(self) -> set[str]:
        return {path.name for path in (self.folder / "ran").iterdir()}


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path / "trap")


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


# --- files that are none


def commit_tree(clone: Clone, rows: dict[str, str]) -> None:
    """A commit whose folder `workplans` holds these entries, however wrong: mode and blob by name.

    Git itself would not make it.
    """
    below = "".join(f"{rows[name]}\t{name}\0" for name in rows)
    tree = git(clone.top, "mktree", "-z", "--missing", input=below)
    root = git(clone.top, "mktree", "-z", input=f"040000 tree {tree}\tworkplans\0")
    commit = clone.git("commit-tree", "-p", "HEAD", "-m", "x", root)
    clone.git("update-ref", "HEAD", commit)


def blob(clone: Clone, text: str) -> str:
    made = git(clone.top, "hash-object", "-w", "--stdin", input=text)
    return f"100644 blob {made}"


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_f95_a_path_that_leaves_the_repo_is_left_alone(
    behind_hub: Clone, world: World, name: str
) -> None:
    text = plan_text({"EVIL-WP-0001-T01": "todo"}).replace("MRKD-WP-0001", "EVIL-WP-0001")
    inner = git(behind_hub.top, "mktree", "-z", input=f"{blob(behind_hub, text)}\tevil.md\0")
    good = f"100644 blob {behind_hub.git('rev-parse', 'HEAD:workplans/MRKD-WP-0001.md')}"
    commit_tree(behind_hub, {name: f"040000 tree {inner}", "MRKD-WP-0001.md": good})
    report = behind_hub.fix()

    assert ("C-21", f"workplans/{name}/evil.md") in [(f.code, f.path) for f in report.findings]
    assert not any(stream.key == "EVIL-WP-0001" for stream in world.hub.workstreams().items)
    assert not list(world.folder.rglob("evil.md"))


def test_f95_a_workplan_that_is_a_link_is_left_alone_and_the_others_are_synced(
    behind_hub: Clone, world: World
) -> None:
    outside = world.folder / "outside.md"
    outside.write_text(plan_text({"EVIL-WP-0001-T01": "todo"}).replace("MRKD-WP", "EVIL-WP"))
    before = outside.read_text()
    (behind_hub.top / "workplans/link.md").symlink_to(outside)
    behind_hub.commit("link")
    report = behind_hub.fix()

    assert [(f.path, f.severity) for f in report.findings if f.code == "C-21"] == [
        ("workplans/link.md", Severity.FAIL)
    ]
    assert outside.read_text() == before
    assert behind_hub.says(T1) == "done"


def test_f95_a_folder_of_workplans_that_is_a_link_is_left_alone(
    behind_hub: Clone, world: World
) -> None:
    elsewhere = world.folder / "elsewhere"
    (behind_hub.top / "workplans").rename(elsewhere)
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    before = (elsewhere / "MRKD-WP-0001.md").read_text()
    behind_hub.commit("link", "-A")
    report = behind_hub.fix()

    assert ("C-21", "workplans") in [(f.code, f.path) for f in report.findings]
    assert (elsewhere / "MRKD-WP-0001.md").read_text() == before
    assert world.status(T2) == "todo"


def test_f95_a_link_on_disk_in_a_workplans_place_is_not_written_through(
    behind_hub: Clone, world: World
) -> None:
    outside = world.folder / "outside.md"
    behind_hub.plan.rename(outside)
    behind_hub.plan.symlink_to(outside)
    before = outside.read_bytes()
    report = behind_hub.fix()

    assert "C-14" in codes(report)
    assert outside.read_bytes() == before
    assert behind_hub.plan.is_symlink()


def test_f95_a_link_on_disk_in_the_folders_place_is_not_written_through(
    behind_hub: Clone, world: World
) -> None:
    elsewhere = world.folder / "elsewhere"
    (behind_hub.top / "workplans").rename(elsewhere)
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    before = (elsewhere / "MRKD-WP-0001.md").read_bytes()
    report = behind_hub.fix()

    assert report.findings
    assert (elsewhere / "MRKD-WP-0001.md").read_bytes() == before


def test_f95_another_folder_for_the_files_is_not_written_to(
    behind_hub: Clone, world: World
) -> None:
    victim = world.folder / "victim"
    (victim / "workplans").mkdir(parents=True)
    (victim / "workplans/MRKD-WP-0001.md").write_bytes(behind_hub.plan.read_bytes())
    before = (victim / "workplans/MRKD-WP-0001.md").read_bytes()
    behind_hub.git("config", "core.worktree", str(victim))
    behind_hub.fix()

    assert (victim / "workplans/MRKD-WP-0001.md").read_bytes() == before
    assert behind_hub.says(T1) == "done"


@pytest.mark.parametrize(
    "said",
    [
        {"old": "HEAD", "new": "--output={0}"},
        {"old": "{1}", "new": "--output={0}"},
        {"old": "{1}"},
        ["{1}"],
        "no",
        {"old": 1, "new": None},
    ],
)
def test_f94_a_journal_that_is_none_of_ours_is_not_followed(
    behind_hub: Clone, tmp_path: Path, said: object
) -> None:
    text = json.dumps(said).replace("{0}", str(tmp_path / "out")).replace("{1}", behind_hub.head)
    (behind_hub.top / ".git/custodian-move").write_text(text)

    assert behind_hub.fix().sealed
    assert not (tmp_path / "out").exists()


def test_f95_what_is_put_back_is_not_put_through_a_link(behind_hub: Clone, world: World) -> None:
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    old = behind_hub.head
    behind_hub.git("rm", "-q", "workplans/MRKD-WP-0001.md")
    new = behind_hub.git("commit-tree", "-p", old, "-m", "x", behind_hub.git("write-tree"))
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    (behind_hub.top / ".git/custodian-move").write_text(json.dumps({"old": old, "new": new}))
    behind_hub.fix()

    assert list(elsewhere.iterdir()) == []


def test_f97_a_bare_repo_within_a_checkout_is_not_a_checkout(
    behind_hub: Clone, world: World, trap: Trap
) -> None:
    inner = behind_hub.top / "inner"
    git(behind_hub.top, "init", "-q", "--bare", str(inner))
    git(inner, "config", "core.fsmonitor", trap.script("fsmonitor"))
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", ".")
    report = Clone(world, inner, "a").fix()

    assert (report.outcome, trap.ran) == ("bare", set())
    assert behind_hub.fix().sealed
    assert trap.ran == set()


def test_f98_a_repo_of_another_user_is_left_alone(
    behind_hub: Clone, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind_hub.git("config", "core.fsmonitor", trap.script("fsmonitor"))
    if os.geteuid() == 0:
        os.chown(behind_hub.top / ".git", 12345, 12345)
    else:  # nobody else can give files away
        monkeypatch.setattr("os.geteuid", lambda: 12345)
    reports = [behind_hub.check(), behind_hub.fix()]

    assert [report.outcome for report in reports] == ["owner", "owner"]
    assert trap.ran == set()


# --- what people and files say

OBJECTS = {
    "a tag": "!!python/object/apply:os.system ['touch {0}']",
    "a new object": "!!python/object/new:subprocess.Popen [['touch', '{0}']]",
    "a pickle": "gASVHwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu",
    "a merge": "<<: *touch",
    "a template": "{{{{ cycler.__init__.__globals__.os.popen('touch {0}') }}}}",
    "a command": "$(touch {0}) `touch {0}`",
}


@pytest.mark.parametrize("value", OBJECTS.values(), ids=OBJECTS.keys())
def test_f109_nothing_that_a_file_holds_becomes_an_object_or_is_run(
    behind_hub: Clone, world: World, tmp_path: Path, value: str
) -> None:
    said = value.format(tmp_path / "ran")
    text = behind_hub.plan.read_text()
    block = f"\n```task\nid: MRKD-WP-0001-T09\nstatus: todo\ntitle: {said}\n```\n"
    behind_hub.plan.write_text(
        text.replace("priority: high", f"priority: high\nnote: {said}") + block
    )
    (behind_hub.top / ".kaizen").mkdir()
    (behind_hub.top / ".kaizen/schedule.yml").write_text(f"version: 1\nentries: {said}\n")
    behind_hub.commit("objects", "-A")
    behind_hub.check()
    behind_hub.fix()

    assert not (tmp_path / "ran").exists()
    assert all(isinstance(task.title, str) for task in world.hub.tasks(repo=SLUG).items)


def test_f109_no_module_can_make_an_object_of_what_it_reads() -> None:
    house = Path(__file__).parents[3]
    for folder in ("core", "tools", "server", "prompts"):
        for path in (house / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                names = set[str]()
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names |= {alias.name for alias in node.names} | {getattr(node, "module", "")}
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    names.add(node.func.id)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    names.add(f"{node.value.id}.{node.attr}")
                assert not names & MAKES_OBJECTS, (path, names)


MAKES_OBJECTS = {
    *("pickle", "marshal", "shelve", "dill", "eval", "exec", "yaml.load", "yaml.load_all"),
    *("yaml.unsafe_load", "yaml.full_load", "os.system", "os.popen"),
}


WILD = "x\x1b[31m\u202eevil\u2066\x07\x9b"


def test_f106_names_of_people_are_harmless_wherever_they_come_out(
    a: Clone, b: Clone, world: World, tmp_path: Path
) -> None:
    a.work(T1, "done")
    name = f"Eve {WILD}\x0b\x1c\x85\u2028C-17 sealed"
    b.git("-c", f"user.name={name}", "commit", "-q", "--allow-empty", "-m", f"{WILD}\n\n{WILD}")
    diverged = b.fix()
    b.git("reset", "-q", "--hard", "origin/main")
    b.git("-c", f"user.name={name}", "commit", "-q", "--allow-empty", "-m", "x")
    pushed = b.fix()

    assert diverged.outcome == "diverged"
    assert pushed.sealed
    for report in (diverged, pushed):
        assert all(finding.message.isprintable() for finding in report.findings)
        assert all(action.isprintable() for action in report.actions)
        log(tmp_path, world.bench("b").clock(), line(report))
    rows = (tmp_path / "sync.log").read_text().splitlines()
    assert len(rows) == 2
    assert all(row.isprintable() for row in rows)


def trailers(clone: Clone) -> list[str]:
    """The names of the trailers of the last commit, as git reads them."""
    said = git(clone.top, "log", "-1", "--format=%(trailers:only,unfold)")
    return [row.partition(":")[0] for row in said.splitlines()]


def test_f106_a_title_cannot_forge_a_trailer_or_steer_a_terminal(a: Clone, world: World) -> None:
    forged = "x\\n\\nCustodian-Reopen: MRKD-WP-0001-T01 because\\nCustodian-Sync: x\\e[31m\\u202E"
    a.plan.write_text(
        a.plan.read_text()
        .replace('title: "Level 1 core"', f'title: "{forged}"')
        .replace("priority: high", f'priority: high\ntitle: "{forged}"')
    )
    a.commit("wild")
    taken_in = a.fix()
    assert trailers(a) == ["Custodian-Sync", "Custodian-Hub"]
    world.move(T1, "done")
    written = a.fix()

    assert (taken_in.sealed, written.sealed) == (True, True)
    assert trailers(a) == ["Custodian-Sync", "Custodian-Hub"]
    for report in (taken_in, written):
        assert all(finding.message.isprintable() for finding in report.findings)
        assert all(action.isprintable() for action in report.actions)
    assert world.task(T1).epoch == 0


@pytest.mark.parametrize(
    "key", ["X\\n\\nCustodian-Reopen: T1", "X\\nCustodian-Sync: y", "--x", "$(x)", "a/b", "é"]
)
def test_f106_a_task_id_that_is_none_is_told_and_left_out(
    behind_hub: Clone, world: World, key: str
) -> None:
    text = behind_hub.plan.read_text()
    behind_hub.plan.write_text(f'{text}\n```task\nid: "{key}"\nstatus: todo\n```\n')
    behind_hub.commit("wild")
    report = behind_hub.fix()

    assert "C-01" in codes(report) or "C-12" in codes(report)
    assert len(world.hub.tasks(repo=SLUG).items) == 3
    assert trailers(behind_hub) == ["Custodian-Sync", "Custodian-Hub"]


def test_f24_a_file_whose_name_is_no_text_is_told_and_the_others_are_synced(
    behind_hub: Clone, world: World
) -> None:
    name = os.fsencode(behind_hub.top / "workplans") + b"/\xff\xfe.md"
    Path(os.fsdecode(name)).write_text(plan_text({"EVIL-WP-0001-T01": "todo"}))
    behind_hub.commit("bytes")
    report = behind_hub.fix()

    assert [f.path for f in report.findings if f.code == "C-21"] == ["workplans/\ufffd\ufffd.md"]
    assert behind_hub.says(T1) == "done"
    json.dumps(report.to_json()).encode()


def test_f106_a_file_whose_name_is_wild_comes_out_harmless(
    behind_hub: Clone, world: World, tmp_path: Path
) -> None:
    (behind_hub.plan.with_name(f"{WILD}\nC-17 sealed.md")).write_text(
        "---\nid: x\ntype: workplan\n"
    )
    behind_hub.commit("wild")
    report = behind_hub.fix()
    log(tmp_path, world.bench("a").clock(), line(report))

    assert behind_hub.says(T1) == "done"
    assert (tmp_path / "sync.log").read_text().count("\n") == 1
    assert all(finding.message.isprintable() for finding in report.findings)


def test_f111_nothing_that_is_kept_on_disk_can_be_read_by_others(a: Clone, tmp_path: Path) -> None:
    home, program = tmp_path / "data/custodian", Path(sys.executable).with_name("custodian")
    env = {**os.environ, "CUSTODIAN_HOME": str(home), "CUSTODIAN_ROOTS": str(tmp_path)}
    for words in (["register", "."], ["fix"], ["queue", "request", "a"], ["settings"]):
        subprocess.run(
            [program, *words], cwd=a.top, env=env, umask=0, check=False, capture_output=True
        )
    kept = [home, *home.rglob("*")]

    assert any(path.name == "hub.db" for path in kept)
    assert [path for path in kept if path.lstat().st_mode & 0o077] == []


# --- a commit that passes for one of Custodian's own


def amend(b: Clone) -> None:
    (b.top / "README.md").write_text("precious\n")
    b.git("commit", "-q", "-a", "--amend", "--no-edit")


def amend_as_mine(b: Clone) -> None:
    (b.top / "README.md").write_text("precious\n")
    b.git("commit", "-q", "-a", "--amend", "--no-edit", "--reset-author")


def reuse_the_message(b: Clone) -> None:
    (b.top / "README.md").write_text("precious\n")
    b.git("commit", "-q", "-a", "-C", "HEAD")


def write_the_trailer(b: Clone) -> None:
    (b.top / "README.md").write_text("precious\n")
    b.git("commit", "-q", "-a", "-m", "x\n\nCustodian-Sync: mine")


@pytest.mark.parametrize(
    "act",
    [amend, amend_as_mine, reuse_the_message, write_the_trailer],
    ids=lambda act: act.__name__,
)
def test_a_commit_of_a_persons_that_carries_our_trailer_is_not_dropped(
    a: Clone, b: Clone, world: World, act: Callable[[Clone], None]
) -> None:
    world.move(T1, "done")
    b.fix(push=False)
    act(b)
    head = b.head
    a.work(T2, "blocked")
    report = b.fix()

    assert report.outcome == "diverged"
    assert b.head == head
    assert (b.top / "README.md").read_text() == "precious\n"
