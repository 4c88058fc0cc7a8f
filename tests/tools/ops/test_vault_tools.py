"""Asking and deciding: each once, each where everybody looks."""

import pytest

from custodian_core.commands import AnswerHuman, Caller
from custodian_core.errors import BadValue, Conflict, CustodianError
from custodian_core.git.runner import Git
from custodian_core.ops.actions import Action, spell
from custodian_core.ops.tiers import Tier
from custodian_core.ops.vault import Outcome, State
from custodian_tools.checkouts import Target
from custodian_tools.ops import vault
from custodian_tools.ops.ground import Committed
from custodian_tools.ops.vault_items import list_items, lying

from .conftest import Ops

POLICY = '[tiers]\ntriage = "low"\ndev = "medium"\nrelease = "high"\n'
ASKED = {
    "title": "Signing key",
    "what": "A key for CI.",
    "why": "Blocks #14.",
    "human": ["Create it in the console"],
    "then": ["Re-run the job"],
    "unblocks": ["#14 — signed builds"],
}


@pytest.fixture
def vaulted(empty: Ops) -> Ops:
    empty.commit({"vault/policy.toml": POLICY})
    return empty


def action(formula: str, name: str = "act-20260509", **more: object) -> Action:
    return Action(name, formula, "Because.", ("DEPLOY_KEY",), **more)  # type: ignore[arg-type]


def questions(ops: Ops) -> list[str]:
    return [each.question for each in ops.bench.hub.interventions().items]


@pytest.mark.parametrize(
    ("formula", "tier", "folder", "asked"),
    [
        ("triage", Tier.LOW, "actions", []),
        ("dev", Tier.MEDIUM, "actions", ["vault: act-20260509 (medium) goes on"]),
        ("release", Tier.HIGH, "pending", ["vault: act-20260509 (high) waits for you"]),
        ("unheard-of", Tier.HIGH, "pending", ["vault: act-20260509 (high) waits for you"]),
    ],
)
def test_low_goes_on_medium_is_told_and_high_waits(
    vaulted: Ops, formula: str, tier: Tier, folder: str, asked: list[str]
) -> None:
    done = vault.request_action(vaulted.bench, vaulted.target, action(formula))

    assert done.verdict
    assert (done.verdict.tier, done.path) == (tier, f"vault/{folder}/act-20260509.toml")
    assert "Because." in vaulted.there(done.path)
    assert questions(vaulted) == asked
    (event,) = vaulted.bench.hub.events(type="vault.asked").items
    assert (event.subject, event.actor) == ("acme-ops/act-20260509", "ada")
    assert event.after == {"tier": tier, "formula": formula, "context": "Because."}
    subject = vaulted.git("log", "-1", "--format=%s").strip()
    assert subject.removesuffix(" (low-tier)") == "vault: add act-20260509"
    assert subject.endswith(" (low-tier)") is (tier is Tier.LOW)


def test_asking_again_changes_nothing_and_opens_no_second_question(vaulted: Ops) -> None:
    first = vault.request_action(vaulted.bench, vaulted.target, action("release"))
    again = vault.request_action(vaulted.bench, vaulted.target, action("release"))

    assert (again.written.status, again.question) == ("noop", first.question)
    assert len(questions(vaulted)) == 1
    assert vaulted.bench.hub.events(type="vault.asked").total == 1
    with pytest.raises(Conflict, match="says something else"):
        vault.request_action(vaulted.bench, vaulted.target, action("release", timeout_minutes=5))


def test_an_action_raises_its_tier_and_never_lowers_it(vaulted: Ops) -> None:
    raised = action("triage", blast_radius=Tier.HIGH)
    lowered = action("release", "other-20260509", blast_radius=Tier.LOW)

    assert vault.request_action(vaulted.bench, vaulted.target, raised).waits
    done = vault.request_action(vaulted.bench, vaulted.target, lowered)
    assert done.waits
    assert done.path.startswith("vault/pending/")


def test_a_bad_action_is_refused_with_every_reason_and_nothing_is_written(vaulted: Ops) -> None:
    bad = Action("A B", "../x", " ", ("ROOT",))

    with pytest.raises(BadValue) as caught:
        vault.request_action(vaulted.bench, vaulted.target, bad)
    assert all(word in str(caught.value) for word in ("id", "formula", "context", "secrets"))
    assert vaulted.counts() == (0, 0)
    assert questions(vaulted) == []


def test_a_repo_that_no_hub_knows_cannot_ask_a_person(vaulted: Ops) -> None:
    with pytest.raises(CustodianError, match="custodian register"):
        vault.request_action(vaulted.bench, Target(vaulted.top, None), action("dev"))


def test_an_approved_action_goes_where_dispatchers_look_and_its_question_is_closed(
    vaulted: Ops,
) -> None:
    vault.request_action(vaulted.bench, vaulted.target, action("release"))
    vault.settle(vaulted.bench, vaulted.target, "act-20260509", Outcome.APPROVED, "go on")

    text = vaulted.there("vault/actions/act-20260509.toml")
    assert text.endswith("# approved by ada at 2026-05-09T08:30:00Z: go on")
    assert "vault/pending/act-20260509.toml" not in vaulted.files()
    assert questions(vaulted) == []
    (item,) = list_items(vaulted.target)
    assert (item.state, item.tier) == (State.QUEUED, Tier.HIGH)
    with pytest.raises(Conflict, match="stays so"):
        vault.settle(vaulted.bench, vaulted.target, "act-20260509", Outcome.REJECTED)
    again = vault.request_action(vaulted.bench, vaulted.target, action("release"))
    assert (again.written.status, again.path) == ("noop", "vault/actions/act-20260509.toml")
    assert questions(vaulted) == []


def test_an_invalid_action_is_listed_with_its_reasons_and_not_approved(vaulted: Ops) -> None:
    vaulted.commit({"vault/pending/odd-1.toml": 'context = "x"\nunblocks = ["#4"]\n'})
    (item,) = list_items(vaulted.target, State.INVALID)

    assert (item.name, item.title) == ("odd-1", "x")
    assert {finding.code for finding in item.findings} == {"VA02", "VA03"}
    with pytest.raises(BadValue, match="unblocks"):
        vault.settle(vaulted.bench, vaulted.target, "odd-1", Outcome.APPROVED)
    assert vault.settle(vaulted.bench, vaulted.target, "odd-1", Outcome.REJECTED).pushed


def test_results_tell_how_an_action_ended(vaulted: Ops) -> None:
    names = ("a-1", "b-1", "c-1")
    for name in names:
        vault.request_action(vaulted.bench, vaulted.target, action("triage", name))
    results = ('{"exit_code": 0}', '{"exit_code": 2}', "{")
    vaulted.commit(
        {
            f"vault/actions/{name}.result.json": text
            for name, text in zip(names, results, strict=True)
        }
    )
    items = list_items(vaulted.target)

    assert [item.state for item in items] == [State.FIRED, State.FAILED, State.UNKNOWN]
    assert [f.code for f in items[2].findings] == ["VA16"]


def test_the_result_of_another_action_tells_nothing(vaulted: Ops) -> None:
    vault.request_action(vaulted.bench, vaulted.target, action("triage", "a-1"))
    vaulted.commit({"vault/actions/a-1.result.json": '{"id": "b-1", "exit_code": 0}'})

    (item,) = list_items(vaulted.target)
    assert (item.state, item.result) == (State.UNKNOWN, None)
    assert "that of 'b-1'" in item.findings[0].message


def test_a_result_that_nobody_else_sees_is_told(vaulted: Ops) -> None:
    vault.request_action(vaulted.bench, vaulted.target, action("triage", "a-1"))
    vaulted.write("vault/actions/a-1.result.json", '{"id": "a-1", "exit_code": 0}')

    (item,) = list_items(vaulted.target)
    assert item.uncommitted
    assert [(each.code, each.path) for each in item.findings] == [
        ("VA17", "vault/actions/a-1.result.json")
    ]


def test_a_rejected_action_that_is_asked_for_again_does_not_seem_to_go_on(vaulted: Ops) -> None:
    vault.request_action(vaulted.bench, vaulted.target, action("release"))
    vault.settle(vaulted.bench, vaulted.target, "act-20260509", Outcome.REJECTED, "no")
    again = vault.request_action(vaulted.bench, vaulted.target, action("release"))

    assert (again.state, again.waits, again.question) == (State.REJECTED, False, None)
    assert again.to_json()["state"] == "rejected"


def test_deciding_again_closes_the_question_that_a_run_without_the_hub_left_open(
    vaulted: Ops,
) -> None:
    vault.request_action(vaulted.bench, vaulted.target, action("release"))
    unknown = Target(vaulted.top, None)
    first = vault.settle(vaulted.bench, unknown, "act-20260509", Outcome.APPROVED)
    assert "may stay open" in first.not_done[0]
    assert len(questions(vaulted)) == 1

    again = vault.settle(vaulted.bench, vaulted.target, "act-20260509", Outcome.APPROVED)
    assert (again.status, questions(vaulted)) == ("noop", [])


def test_of_two_people_with_one_page_the_second_is_told_that_it_is_decided(vaulted: Ops) -> None:
    path = vault.request_action(vaulted.bench, vaulted.target, action("release")).path
    vault.settle(vaulted.bench, vaulted.target, path, Outcome.APPROVED)

    assert vault.settle(vaulted.bench, vaulted.target, path, Outcome.APPROVED).status == "noop"
    with pytest.raises(Conflict, match="lies in vault/actions already"):
        vault.settle(vaulted.bench, vaulted.target, path, Outcome.REJECTED, "no")


def test_an_answer_alone_decides_nothing_and_says_so_and_asking_again_asks_anew(
    vaulted: Ops,
) -> None:
    hub = vaulted.bench.hub
    first = vault.request_action(vaulted.bench, vaulted.target, action("release"))
    assert first.question
    asked = hub.intervention(first.question)
    assert (asked.options, "vault resolve act-20260509 approved" in asked.context) == ((), True)

    hub.do(AnswerHuman(first.question, "approved"), Caller("bob"))
    again = vault.request_action(vaulted.bench, vaulted.target, action("release"))
    more = vault.request_action(vaulted.bench, vaulted.target, action("release"))
    assert again.question != first.question
    assert again.question == more.question
    assert len(questions(vaulted)) == 1
    vault.settle(vaulted.bench, vaulted.target, "act-20260509", Outcome.APPROVED)
    assert questions(vaulted) == []


def test_what_is_not_committed_or_has_no_good_name_is_not_decided_and_it_is_said_why(
    vaulted: Ops,
) -> None:
    vaulted.commit({"vault/pending/größer als.md": "# Request: x\n"})
    vaulted.write("vault/pending/new.md", "# Request: y\n")

    with pytest.raises(BadValue, match="rename it"):
        vault.settle(vaulted.bench, vaulted.target, "größer als", Outcome.REJECTED)
    with pytest.raises(Conflict, match="not committed"):
        vault.settle(vaulted.bench, vaulted.target, "new", Outcome.REJECTED)


def test_a_decision_is_written_in_the_lines_of_the_file_and_a_dry_run_tells_what_goes(
    vaulted: Ops,
) -> None:
    vaulted.commit({"vault/pending/key.md": "# Request: x\r\n"})

    planned = vault.settle(vaulted.bench, vaulted.target, "key", Outcome.REJECTED, dry_run=True)
    vault.settle(vaulted.bench, vaulted.target, "key", Outcome.REJECTED)
    assert planned.removed == ("vault/pending/key.md",)
    data = (vaulted.top / "vault/rejected/key.md").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == 3


def test_a_person_is_asked_for_a_thing_once(vaulted: Ops) -> None:
    done = vault.request_procurement(vaulted.bench, vaulted.target, "key", **ASKED)  # type: ignore[arg-type]

    assert done.path == "vault/pending/key.md"
    assert questions(vaulted) == ["vault: Signing key"]
    vault.settle(vaulted.bench, vaulted.target, "key", Outcome.FIRED, "it is there")
    assert "fired by ada" in vaulted.there("vault/fired/key.md")
    with pytest.raises(Conflict, match=r"vault/fired/key\.md asks for the same"):
        vault.request_procurement(vaulted.bench, vaulted.target, "other", **ASKED)  # type: ignore[arg-type]


def test_what_was_rejected_can_be_asked_for_anew_by_another_name(vaulted: Ops) -> None:
    vault.request_procurement(vaulted.bench, vaulted.target, "key", **ASKED)  # type: ignore[arg-type]
    vault.settle(vaulted.bench, vaulted.target, "key", Outcome.REJECTED, "too dear")

    with pytest.raises(Conflict, match="a person rejected it"):
        vault.request_procurement(vaulted.bench, vaulted.target, "key", **ASKED)  # type: ignore[arg-type]
    done = vault.request_procurement(vaulted.bench, vaulted.target, "cheaper-key", **ASKED)  # type: ignore[arg-type]
    assert done.path == "vault/pending/cheaper-key.md"
    assert not any(item.findings for item in list_items(vaulted.target))


def test_a_vague_request_is_refused(vaulted: Ops) -> None:
    vague = {**ASKED, "human": ["Decide the approach"]}

    with pytest.raises(BadValue, match="no step"):
        vault.request_procurement(vaulted.bench, vaulted.target, "key", **vague)  # type: ignore[arg-type]


def test_drift_needs_to_know_the_formulas(vaulted: Ops) -> None:
    with pytest.raises(BadValue, match="formulas"):
        vault.policy_drift(vaulted.target)
    vaulted.commit({"formulas/dev.toml": "", "formulas/brew.sh": "", "formulas/x/y.toml": ""})

    drift = vault.policy_drift(vaulted.target)
    assert [finding.code for finding in drift] == ["VA10", "VA10", "VA11"]
    assert vault.classify(vaulted.target, "brew").tier is Tier.HIGH


def test_a_dry_run_asks_nobody(vaulted: Ops) -> None:
    done = vault.request_action(vaulted.bench, vaulted.target, action("release"), dry_run=True)

    assert (done.written.status, done.question, questions(vaulted)) == ("planned", None, [])
    assert vaulted.bench.hub.events(type="vault.asked").total == 0


def test_what_is_not_committed_is_listed_as_such_before_a_write_refuses(vaulted: Ops) -> None:
    for name in ("a-1", "b-1"):
        vault.request_action(vaulted.bench, vaulted.target, action("release", name))
    path = "vault/pending/b-1.toml"
    vaulted.write(path, vaulted.text(path) + "# mine\n")
    vaulted.write("vault/pending/new.md", "# Request: x\n")
    items = {item.name: item for item in list_items(vaulted.target)}

    assert {name: item.uncommitted for name, item in items.items()} == {
        "a-1": False,
        "b-1": True,
        "new": True,
    }
    assert [f.code for f in items["b-1"].findings] == ["VA17"]
    with pytest.raises(Conflict, match="not committed"):
        vault.settle(vaulted.bench, vaulted.target, "b-1", Outcome.APPROVED)


def test_a_vault_of_many_items_is_read_with_few_questions_to_git(vaulted: Ops) -> None:
    names = [f"a-{number}" for number in range(60)]
    vaulted.commit(
        {f"vault/pending/{name}.toml": spell(action("release", name)).decode() for name in names}
    )
    trace = vaulted.folder / "trace"
    git = Git(vaulted.top, env=(("GIT_TRACE", str(trace)),))

    assert len(lying(Committed(git, vaulted.git("rev-parse", "HEAD")))) == len(names)
    assert 0 < trace.read_text().count("trace: built-in: git cat-file") < 5
