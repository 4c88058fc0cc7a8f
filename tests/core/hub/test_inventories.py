"""What every hub promises of inventories, and of what is left out."""

from dataclasses import replace

import pytest

from custodian_core.commands import (
    Caller,
    ChangeRepo,
    ForgeLink,
    LeaveOut,
    RecordInventory,
    RegisterRepo,
)
from custodian_core.errors import BadValue, Conflict
from custodian_core.forge.records import ForgeRepo
from custodian_core.hub.store import Store
from custodian_core.ports import Hub
from custodian_core.records import Inventory

from .conftest import NOON, Watch
from .made import ME, YOU, a_repo, types

TAKEN = Inventory(
    "git.example",
    "http://git.example:3000",
    NOON,
    "ada",
    True,
    ("the organization coulomb",),
    partial=True,
    notes=("page 3 failed",),
    hidden=("old/docs", "#9"),
)


def on_forge(full_name: str, number: int) -> ForgeRepo:
    owner, _, name = full_name.partition("/")
    url = f"http://git.example:3000/{full_name}"
    ssh = f"git@git.example:{full_name}.git"
    return ForgeRepo(number, owner, name, full_name, f"{url}.git", ssh, url)


DOCS = replace(
    on_forge("coulomb/.Dócs", 2**31 - 1),
    description="Ünï",
    default_branch="main",
    private=True,
    size_kib=7,
    updated_at=NOON,
    can_push=False,
    has_workplans=True,
)


def take(hub: Hub, *repos: ForgeRepo, **more: object) -> Inventory:
    said: dict[str, object] = {"run_id": "one", **more}
    taken: Inventory = hub.do(RecordInventory(TAKEN, repos, **said), ME)  # type: ignore[arg-type]
    return taken


def test_what_a_forge_told_is_kept_to_the_letter(hub: Hub) -> None:
    taken = take(hub, DOCS, on_forge("ada/toys", 3))

    assert taken == replace(TAKEN, total=2)
    assert hub.inventories() == (taken,)
    assert hub.forge_repos("git.example").items == (on_forge("ada/toys", 3), DOCS)
    assert types(hub, "git.example") == ["inventory.taken"]


def test_the_next_inventory_takes_the_place_of_the_last_and_leaves_other_forges_alone(
    hub: Hub, watch: Watch
) -> None:
    elsewhere = replace(TAKEN, forge="other.example")
    hub.do(RecordInventory(elsewhere, (DOCS,), run_id="else"), ME)
    take(hub, DOCS, on_forge("ada/toys", 3))
    watch.on(hours=1)
    later = replace(TAKEN, at=watch.now, partial=False)
    hub.do(RecordInventory(later, (on_forge("ada/new", 4),), run_id="two"), ME)

    assert [each.forge for each in hub.inventories()] == ["git.example", "other.example"]
    assert (hub.inventories()[0].at, hub.inventories()[0].partial) == (watch.now, False)
    assert [repo.id for repo in hub.forge_repos("git.example").items] == [4]
    assert hub.forge_repos("other.example").total == 1


def test_an_inventory_that_comes_in_parts_counts_once_the_last_has_come(hub: Hub) -> None:
    take(hub, on_forge("ada/old", 1))
    take(hub, on_forge("ada/a", 2), on_forge("ada/b", 3), run_id="two", last=False)
    assert [repo.id for repo in hub.forge_repos("git.example").items] == [1]

    taken = take(hub, on_forge("ada/b", 3), on_forge("ada/c", 4), run_id="two")
    assert [repo.id for repo in hub.forge_repos("git.example").items] == [2, 3, 4]
    assert taken.total == 3


def test_a_forges_repos_are_listed_in_pages(hub: Hub) -> None:
    take(hub, *(on_forge(f"ada/{name}", number) for number, name in enumerate("edcba", 1)))

    first = hub.forge_repos("git.example", limit=2)
    second = hub.forge_repos("git.example", limit=2, after=first.cursor)
    last = hub.forge_repos("git.example", limit=2, after=second.cursor)
    assert [r.name for page in (first, second, last) for r in page.items] == list("abcde")
    assert (first.total, last.cursor) == (5, None)
    with pytest.raises(BadValue, match="not a cursor of this list"):
        hub.forge_repos("git.example", after="a~b")
    for number in (2**63, 10**30):
        with pytest.raises(BadValue, match="not a cursor"):
            hub.forge_repos("git.example", after=f"a~{number}")


def test_a_forge_that_was_never_asked_has_no_inventory(hub: Hub) -> None:
    assert hub.inventories() == ()
    assert hub.forge_repos("git.example").total == 0


def test_a_rename_is_followed_and_recorded_with_what_was(hub: Hub) -> None:
    a_repo(hub)
    hub.do(ChangeRepo("marki-docx", {"remote_url": "git@git.example:old/docs.git"}), ME)
    old, new = "git@git.example:old/docs.git", "git@git.example:new/docs.git"
    take(hub, links=(ForgeLink("marki-docx", 7, old, new),))

    repo = hub.repo("marki-docx")
    assert (repo.remote_url, repo.forge_id) == (new, 7)
    (event,) = hub.events(type="repo.renamed").items
    assert event.before == {"forge_id": None, "remote_url": old}
    assert event.after == {"forge_id": 7, "remote_url": new}


def test_a_repo_learns_its_number_once(hub: Hub) -> None:
    a_repo(hub)
    for _ in range(2):
        take(hub, links=(ForgeLink("marki-docx", 7),))

    assert hub.repo("marki-docx").forge_id == 7
    assert [e.after for e in hub.events(type="repo.changed").items] == [{"forge_id": 7}]


def test_a_repo_that_changed_since_the_inventory_read_it_stays_as_it_is(hub: Hub) -> None:
    a_repo(hub)
    hub.do(ChangeRepo("marki-docx", {"remote_url": "https://git.example/mine/docs"}), YOU)
    links = (ForgeLink("marki-docx", 7, None, "https://git.example/x/docs"), ForgeLink("gone", 8))
    take(hub, links=links)

    repo = hub.repo("marki-docx")
    assert (repo.remote_url, repo.forge_id) == ("https://git.example/mine/docs", None)


def test_what_is_left_out_is_decided_once(hub: Hub, watch: Watch) -> None:
    first = hub.do(LeaveOut("git.example", 3, "ada/toys", "toys"), ME)
    watch.on(hours=1)
    again = hub.do(LeaveOut("git.example", 3, "ada/toys", "toys"), YOU)

    assert again == first
    assert hub.left_out() == (first,)
    assert (first.by, first.at, first.reason) == ("me", NOON, "toys")
    assert types(hub, "ada/toys") == ["forge.left_out"]
    changed = hub.do(LeaveOut("git.example", 3, "ada/games", "old"), YOU)
    assert (changed.by, changed.full_name, changed.reason) == ("you", "ada/games", "old")


def test_registering_a_repo_takes_back_that_it_was_left_out(hub: Hub) -> None:
    hub.do(LeaveOut("git.example", 3, "ada/toys", "toys"), ME)
    hub.do(LeaveOut("other.example", 3, "bob/toys", "toys"), ME)
    hub.do(
        RegisterRepo("toys", "d", remote_url="ssh://git@git.example:22/ada/toys", forge_id=3), ME
    )

    assert [each.forge for each in hub.left_out()] == ["other.example"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (LeaveOut("git.example", 3, "ada/toys", " "), "with a reason"),
        (LeaveOut("", 3, "ada/toys", "toys"), "forge: it must be up to 255"),
        (LeaveOut("git.example", 3, "a\nb", "toys"), "full_name: it must be"),
        (RecordInventory(replace(TAKEN, forge=" "), ()), "forge: it must be up to 255"),
    ],
)
def test_what_makes_no_sense_is_refused(hub: Hub, command: LeaveOut, told: str) -> None:
    with pytest.raises(BadValue, match=told):
        hub.do(command, ME)


def test_a_long_command_is_known_again_without_being_kept_word_for_word(store: Store) -> None:
    repos = tuple(on_forge(f"ada/repo-{number}", number) for number in range(200))
    command, by = RecordInventory(TAKEN, repos, run_id="one"), Caller("me", "key-1")

    assert store.do(command, by) == store.do(command, by)
    with pytest.raises(Conflict, match="used for another command"):
        store.do(replace(command, repos=repos[1:]), by)
    connection = store.database.connection()
    (kept,) = connection.execute("select command from answers").fetchall()
    assert len(dict(kept)["command"]) < 100
