"""F106 to F111: nothing that people or files say is more than text, or is taken for ours."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from custodian_tools.sync.background import line, log

from .conftest import SLUG, T1, T2, Clone, World, codes, git, plan_text

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
