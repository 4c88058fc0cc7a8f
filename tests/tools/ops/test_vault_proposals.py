"""What pull requests add to a vault: a real client, real branches, a forge that may fail."""

import pytest

from custodian_core.errors import Conflict
from custodian_core.ops.proposals import NOT_ASKED, Proposals
from custodian_core.ops.vault import Outcome, State
from custodian_core.settings import Settings, load
from custodian_server.demo.forge import DemoRepo
from custodian_server.demo.forge_shapes import ended, pull_json
from custodian_tools.ops.hearing import hear, hear_all
from custodian_tools.ops.vault import request_action, settle
from custodian_tools.ops.vault_items import Item, list_items, show, unheard
from tests.core.forge.fake import Fake

from .conftest import Ops
from .test_vault_tools import POLICY, action

AT = "2026-05-01T08:00:00Z"
NAME = "coulomb/acme-ops"


def toml(name: str) -> str:
    return f'id = "{name}"\nformula = "release"\ncontext = "Ship {name}"\nsecrets = []\n'


@pytest.fixture
def repo(fake: Fake) -> DemoRepo:
    found = fake.forge.find(NAME)
    assert found
    return found


@pytest.fixture
def on_forge(empty: Ops, fake: Fake) -> Ops:
    """An ops repo with an action on main, and one that only its branch has."""
    empty.commit({"vault/policy.toml": POLICY, "vault/actions/main-1.toml": toml("main-1")})
    propose(empty, "asked-1")
    empty.git("remote", "set-url", "origin", f"{fake.url}/{NAME}.git")
    return empty


def propose(ops: Ops, name: str) -> None:
    """A branch for the action is pushed; the checkout goes back to main."""
    ops.git("checkout", "-q", "-b", f"vault/{name}")
    ops.write(f"vault/actions/{name}.toml", toml(name))
    ops.git("add", "vault")
    ops.git("commit", "-q", "-m", f"vault: add {name}")
    ops.git("push", "-q", "origin", f"vault/{name}")
    ops.git("checkout", "-q", "main")


def settings(ops: Ops, fake: Fake | None = None) -> Settings:
    env = {"CUSTODIAN_HOME": str(ops.folder), "CUSTODIAN_HOST": "ops"}
    if fake:
        env |= {"GITEA_URL": fake.url, "GITEA_TOKEN": fake.forge.add_token("ada")}
    return load(env, ops.folder)


def heard(ops: Ops, fake: Fake | None = None) -> Proposals:
    return hear(settings(ops, fake), ops.bench.hub, ops.target)


def listed(ops: Ops, fake: Fake | None = None) -> dict[str, Item]:
    return {item.name: item for item in list_items(ops.target, heard=heard(ops, fake))}


def test_an_action_awaits_approval_while_its_pull_request_is_open(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    repo.pulls.append(pull_json(fake.forge, repo, "vault/asked-1", "bob", AT))
    items = listed(on_forge, fake)
    item, text = show(on_forge.target, "asked-1", heard(on_forge, fake))

    assert items["main-1"].state is State.QUEUED
    assert (item.state, item.title, item.tier) == (State.AWAITING_APPROVAL, "Ship asked-1", "high")
    assert item.proposal.url == f"http://forge.example/{NAME}/pulls/1"
    assert text == toml("asked-1")
    told = item.to_json()
    assert (told["here"], told["why"]) == (False, "pull request 1 is open")
    assert told["pull_request"]["author"] == "bob"


def test_an_action_is_rejected_when_its_pull_request_was_closed_though_its_branch_is_gone(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    for name in ("asked-1", "never-fetched-1"):
        repo.pulls.append(pull_json(fake.forge, repo, f"vault/{name}", "bob", AT))
        ended(repo.pulls[-1], AT)
    on_forge.git("branch", "-q", "-r", "-d", "origin/vault/asked-1")
    items = listed(on_forge, fake)

    assert [items[name].state for name in ("asked-1", "never-fetched-1")] == [State.REJECTED] * 2
    assert items["asked-1"].why == "pull request 1 was closed without being merged"
    nowhere = items["never-fetched-1"]
    assert (nowhere.title, nowhere.tier) == ("vault: never-fetched-1", None)


def test_what_was_merged_and_not_pulled_is_not_known_to_be_queued(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    repo.pulls.append(pull_json(fake.forge, repo, "vault/asked-1", "bob", AT))
    ended(repo.pulls[0], AT, merged="b" * 40)
    item = listed(on_forge, fake)["asked-1"]

    assert item.state is State.UNKNOWN
    assert "`git pull`" in (item.why or "")
    repo.pulls[0]["merge_commit_sha"] = on_forge.git("rev-parse", "HEAD").strip()
    assert "asked-1" not in listed(on_forge, fake)


def test_an_action_on_main_whose_pull_request_was_refused_is_told(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    repo.pulls.append(pull_json(fake.forge, repo, "vault/main-1", "bob", AT))
    ended(repo.pulls[0], AT)
    item = listed(on_forge, fake)["main-1"]

    assert item.state is State.QUEUED
    assert [finding.code for finding in item.findings] == ["VA18"]


def test_an_action_that_only_lies_here_is_queued_nowhere(on_forge: Ops, fake: Fake) -> None:
    on_forge.commit({"vault/actions/mine-1.toml": toml("mine-1")}, push=False)
    item = listed(on_forge, fake)["mine-1"]

    assert item.state is State.UNKNOWN
    assert item.why == "it is not on the main branch, and no pull request proposes it"


def test_without_a_forge_what_a_branch_proposes_is_unknown_and_not_absent(on_forge: Ops) -> None:
    told = heard(on_forge)
    item = listed(on_forge)["asked-1"]

    assert (item.state, item.why) == (State.UNKNOWN, "forge not asked: GITEA_URL is not set")
    assert [finding.severity for finding in unheard(told)] == ["INFO"]
    assert listed(on_forge)["main-1"].state is State.QUEUED
    assert list_items(on_forge.target, State.UNKNOWN)[0].why == NOT_ASKED.unheard


@pytest.mark.parametrize(
    ("path", "status"), [("/pulls", 502), ("/pulls", 404), ("", 404), ("", 401)]
)
def test_a_forge_that_does_not_tell_leaves_it_unknown_with_its_reason(
    on_forge: Ops, fake: Fake, path: str, status: int
) -> None:
    fake.instead(f"/repos/{NAME}{path}", status, '{"message": "no"}')
    told = heard(on_forge, fake)
    item = listed(on_forge, fake)["asked-1"]

    assert item.state is State.UNKNOWN
    assert (item.why or "").startswith("forge not answering: ")
    assert [finding.severity for finding in unheard(told)] == ["WARN"]


def test_a_second_page_that_fails_is_no_answer_either(
    on_forge: Ops, fake: Fake, repo: DemoRepo
) -> None:
    for number in range(60):
        repo.pulls.append(pull_json(fake.forge, repo, f"vault/x-{number}", "bob", AT))
    fake.instead(f"/repos/{NAME}/pulls", 500, "{}", page=2)

    assert "not whole" in (heard(on_forge, fake).unheard or "")


def test_a_forge_that_is_silent_is_asked_once_for_all_vaults(on_forge: Ops, fake: Fake) -> None:
    fake.instead(f"/repos/{NAME}", 503, "{}")
    asked = [on_forge.target] * 3
    told = hear_all(settings(on_forge, fake), on_forge.bench.hub, asked)

    assert all("forge not answering" in (each.unheard or "") for each in told)
    assert len(fake.asked) == 3  # one question, and the tries that it is worth


def test_a_repo_that_is_not_on_the_forge_is_not_asked_about(on_forge: Ops, fake: Fake) -> None:
    on_forge.git("remote", "set-url", "origin", "https://elsewhere.example/coulomb/acme-ops.git")

    assert "its remote is no repo of" in (heard(on_forge, fake).unheard or "")
    assert fake.asked == []


def test_what_a_branch_proposes_is_not_asked_for_a_second_time(empty: Ops) -> None:
    empty.commit({"vault/policy.toml": POLICY})
    propose(empty, "act-20260509")

    with pytest.raises(Conflict, match="branch vault/act-20260509 proposes it"):
        request_action(empty.bench, empty.target, action("triage"))
    assert empty.bench.hub.events(type="vault.asked").total == 0


def test_what_only_a_branch_has_is_decided_at_its_pull_request(empty: Ops) -> None:
    propose(empty, "act-20260509")

    with pytest.raises(Conflict, match="it is decided at its pull request"):
        settle(empty.bench, empty.target, "act-20260509", Outcome.APPROVED)
    assert empty.counts() == (0, 0)
