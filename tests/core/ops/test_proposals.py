"""What a forge's pull requests say of the vault: whose branch counts, and what silence means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.forge.records import PullRequest
from custodian_core.ops.proposals import NOT_ASKED, Proposals, Standing, item_of, proposed
from custodian_core.ops.vault import State, proposed_state, standing_state


def pull(
    number: int,
    head: str = "vault/a-1",
    *,
    state: str = "open",
    merged: bool = False,
    from_here: bool | None = True,
    base: str = "main",
) -> PullRequest:
    """A pull request, open and of the repo's own branch if nothing else is said."""
    address = f"https://forge.example/o/r/pulls/{number}"
    title = f"vault: {head}"
    return PullRequest(number, number, title, state, merged, head, from_here, base, "ada", address)


def closed(number: int) -> PullRequest:
    return pull(number, state="closed")


def merged(number: int) -> PullRequest:
    return pull(number, state="closed", merged=True)


@pytest.mark.parametrize(
    ("pulls", "standing", "number"),
    [
        ([], Standing.NONE, None),
        ([pull(1)], Standing.OPEN, 1),
        ([closed(1)], Standing.CLOSED, 1),
        ([merged(1)], Standing.MERGED, 1),
        ([closed(1), merged(2)], Standing.MERGED, 2),
        ([closed(2), merged(1)], Standing.CLOSED, 2),
        ([closed(3), pull(1)], Standing.OPEN, 1),
        ([pull(1, from_here=False)], Standing.NONE, None),
        ([pull(1, from_here=None)], Standing.NONE, None),
        ([pull(1, base="release")], Standing.NONE, None),
        ([pull(1, "vault/a-1/b")], Standing.NONE, None),
        ([pull(1, "vault/A")], Standing.NONE, None),
        ([pull(1, "a-1")], Standing.NONE, None),
    ],
)
def test_the_open_pull_request_of_the_items_own_branch_counts_else_the_newest(
    pulls: list[PullRequest], standing: Standing, number: int | None
) -> None:
    proposal = proposed(pulls, "main").about("a-1")

    assert (proposal.standing, proposal.number) == (standing, number)


def test_where_the_main_branch_is_not_known_any_base_counts() -> None:
    assert proposed([pull(1, base="trunk")], None).about("a-1").standing is Standing.OPEN


def test_silence_is_told_and_is_never_absence() -> None:
    silent = Proposals(unheard="forge not answering: it takes too long")

    assert silent.about("a-1").standing is Standing.UNKNOWN
    assert silent.about("a-1").why == "forge not answering: it takes too long"
    assert NOT_ASKED.about("a-1").why == "forge not asked"


@given(st.sampled_from(State), st.sampled_from(Standing), st.booleans())
def test_a_pull_request_takes_no_end_back_and_silence_decides_nothing(
    lies: State, standing: Standing, on_main: bool
) -> None:
    state = standing_state(lies, standing, on_main=on_main)

    if lies in (State.FIRED, State.FAILED, State.REJECTED, State.INVALID, State.UNKNOWN):
        assert state is lies
    elif standing is Standing.OPEN:
        assert state is State.AWAITING_APPROVAL
    elif on_main:
        assert state is lies
    elif standing is Standing.CLOSED:
        assert state is State.REJECTED
    else:
        assert state is (State.UNKNOWN if lies is State.QUEUED else lies)


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing.OPEN, State.AWAITING_APPROVAL),
        (Standing.CLOSED, State.REJECTED),
        (Standing.MERGED, State.UNKNOWN),
        (Standing.NONE, State.UNKNOWN),
        (Standing.UNKNOWN, State.UNKNOWN),
    ],
)
def test_what_only_a_branch_has_stands_as_its_pull_request(
    standing: Standing, state: State
) -> None:
    assert proposed_state(standing) is state


def test_what_is_proposed_and_cannot_be_read_is_invalid_until_it_is_refused() -> None:
    assert proposed_state(Standing.OPEN, invalid=True) is State.INVALID
    assert proposed_state(Standing.CLOSED, invalid=True) is State.REJECTED


@pytest.mark.parametrize("branch", ["vault/", "vault/../x", "vault/a b", "vaulta", "main", ""])
def test_other_branches_are_for_no_item(branch: str) -> None:
    assert item_of(branch) is None
