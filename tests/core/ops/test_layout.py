"""An ops repo is completed, and never overwritten."""

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.ops.layout import FOLDERS_WANTED, TEMPLATES, examine, is_ops_repo
from custodian_core.ops.prereq.lint import lint
from custodian_core.ops.prereq.tree import read_tree
from custodian_core.ops.tiers import read_policy

DAY = "2026-05-09"


def test_an_empty_repo_is_completed_at_once() -> None:
    layout = examine([], {}, DAY)
    after = [seed.path for seed in layout.seeds]

    assert len(after) == len(FOLDERS_WANTED) + len(TEMPLATES)
    assert {finding.code for finding in layout.findings} == {"OL01"}
    assert examine(after, {}, DAY) == type(layout)((), ())


def test_the_seeds_are_good_files_of_their_kind() -> None:
    seeds = {seed.path: seed.data for seed in examine([], {}, DAY).seeds}
    tree = read_tree(seeds["prerequisites.md"])

    assert (str(tree.updated), tree.objectives) == (DAY, ())
    assert lint(tree) == ()
    assert read_policy(seeds["vault/policy.toml"]).findings == ()


def test_a_folder_with_anything_in_it_is_there() -> None:
    seeds = examine(["sprints/a.md", "evidence/holdout/x/2026-05-09.json"], {}, DAY).seeds

    assert not {"sprints/.gitkeep", "evidence/holdout/.gitkeep"} & {seed.path for seed in seeds}


def test_what_is_in_the_way_is_told_and_left() -> None:
    layout = examine(["vault", "sprints"], {}, DAY)

    assert {f.path for f in layout.findings if f.code == "OL04"} == {"vault", "sprints"}
    assert not any(seed.path.startswith(("vault", "sprints")) for seed in layout.seeds)


def test_other_beginnings_and_old_places_are_told() -> None:
    paths = [
        *("prerequisites.md", "RESOURCES.md", "planner/prerequisite-tree.md", "journal/a/1.md"),
        *("vault/pending/act.json", "action-vault/policy.toml", "vault/actions/a.result.json"),
    ]
    begins = {"prerequisites.md": "# Prerequisites\r", "RESOURCES.md": "# RESOURCES"}
    found = [f for f in examine(paths, begins, DAY).findings if f.code in ("OL02", "OL03")]

    assert [(each.code, each.path) for each in found] == [
        ("OL02", "prerequisites.md"),
        ("OL03", "planner/prerequisite-tree.md"),
        ("OL03", "action-vault/policy.toml"),
        ("OL03", "journal/"),
        ("OL03", "vault/pending/act.json"),
    ]


def test_an_ops_repo_is_known_by_its_parts() -> None:
    assert is_ops_repo(["README.md", "sprints/a.md"])
    assert not is_ops_repo(["README.md", "src/vault/x.py"])


@given(st.lists(st.sampled_from([*FOLDERS_WANTED, "vault", "evidence", *TEMPLATES, "a/b"])))
def test_what_is_there_is_never_planned_anew(paths: list[str]) -> None:
    seeds = [seed.path for seed in examine(paths, {}, DAY).seeds]

    assert not set(seeds) & set(paths)
    assert examine([*paths, *seeds], {}, DAY).seeds == ()
