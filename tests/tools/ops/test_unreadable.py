"""What cannot be read is told with its reason, and hides nothing that lies beside it."""

from custodian_core.ops.tiers import Tier
from custodian_core.ops.vault import State
from custodian_tools.ops import defects, evidence, prerequisites, sprints
from custodian_tools.ops.vault import classify
from custodian_tools.ops.vault_items import absent, list_items

from .conftest import NOW, Ops

TODAY = NOW.date()
HUGE = "x" * (1024 * 1024 + 1)


def test_a_file_of_the_vault_that_is_too_large_or_a_link_is_listed_as_invalid(ops: Ops) -> None:
    ops.commit({"vault/pending/huge.md": HUGE, "vault/actions/huge-1.toml": HUGE})
    (ops.top / "vault/actions/link-1.toml").symlink_to("/etc/passwd")
    (ops.top / "vault/pending/link.md").symlink_to("acme-signing-key.md")

    items = {item.name: item for item in list_items(ops.target)}
    assert items["acme-signing-key"].state is State.PENDING
    for name, why in (
        ("huge", "larger than 1024 KiB"),
        ("huge-1", "larger than 1024 KiB"),
        ("link", "it is a link"),
        ("link-1", "it is a link"),
    ):
        assert items[name].state is State.INVALID
        assert why in items[name].findings[0].message


def test_a_result_that_cannot_be_read_leaves_how_an_action_ended_unknown(ops: Ops) -> None:
    action = 'id = "a-1"\nformula = "x"\ncontext = "c"\nsecrets = []\n'
    ops.commit({"vault/actions/a-1.toml": action, "vault/actions/a-1.result.json": HUGE})

    assert {item.name: item.state for item in list_items(ops.target)}["a-1"] is State.UNKNOWN


def test_a_policy_that_is_a_link_makes_everything_high_and_hides_nothing(ops: Ops) -> None:
    (ops.top / "vault/policy.toml").symlink_to("/etc/passwd")

    verdict = classify(ops.target, "triage")
    assert (verdict.tier, "it is a link" in verdict.why) == (Tier.HIGH, True)
    assert [item.name for item in list_items(ops.target)] == ["acme-signing-key"]


def test_a_sprint_that_cannot_be_read_is_listed_among_the_others(ops: Ops) -> None:
    ops.commit({"sprints/huge.md": HUGE, "sprints/fine.md": "# Sprint: Fine\n"})

    told = {sprint.slug: sprint for sprint in sprints.list_sprints(ops.target)}
    assert (told["fine"].title, told["huge"].fileable) == ("Fine", False)
    assert "larger than 1024 KiB" in told["huge"].findings[0].message


def test_a_lint_says_which_evidence_and_requests_it_could_not_read(ops: Ops) -> None:
    ops.commit({"evidence/holdout/2026-05-08.json": HUGE, "vault/pending/huge.md": HUGE})

    looked = prerequisites.look(ops.target, TODAY)
    assert [why.split(":")[0] for why in looked.unknown if "larger" in why] == ["PT16", "PT08"]


def test_evidence_of_which_the_newest_file_says_nothing_is_not_well(ops: Ops) -> None:
    ops.commit({"evidence/holdout/2026-05-08.json": "{", "evidence/funnel/2026-05-08.json": HUGE})

    findings = evidence.stock(ops.target, TODAY).findings
    assert {each.path for each in findings if each.code == "EV02"} == {
        "evidence/holdout/2026-05-08.json",
        "evidence/funnel/2026-05-08.json",
    }


def test_defects_go_on_beside_an_input_that_cannot_be_read(ops: Ops) -> None:
    ops.commit({"sprints/huge.md": HUGE, "vault/pending/huge.md": HUGE})

    codes = [finding.code for finding in defects.defects(ops.target).findings]
    assert {"SP02", "VA01", "DF01"} <= set(codes)


def test_a_repo_of_code_has_no_vault_no_sprints_and_no_evidence_rather_than_empty_ones(
    empty: Ops,
) -> None:
    for found in (absent(empty.target), sprints.absent(empty.target)):
        assert [(each.code, each.severity) for each in found] == [("DF01", "FAIL")]
    assert evidence.stock(empty.target, TODAY).findings[0].code == "DF01"
    empty.commit({"sprints/a.md": "# Sprint: A\n"})
    assert [each.severity for each in absent(empty.target)] == ["WARN"]
    assert sprints.absent(empty.target) == ()
