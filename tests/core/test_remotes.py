import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.remotes import Remote, moved, remote_of

SAME = (
    "https://git.example/Coulomb/Docs.git",
    "https://git.example/coulomb/docs",
    "https://git.example/coulomb/docs/",
    "http://git.example:3000/coulomb/docs.git",
    "https://ada:s3cret@GIT.example/coulomb/docs.git?token=x#y",
    "ssh://git@git.example:2222/coulomb/docs.git",
    "git+ssh://git@git.example/coulomb//docs.git",
    "git@git.example:coulomb/docs.git",
    "git.example:/coulomb/docs.git",
    " https://git.example./coulomb/d%6Fcs.git\n",
)


@pytest.mark.parametrize("url", SAME)
def test_every_spelling_of_a_remote_is_the_same_one(url: str) -> None:
    assert remote_of(url) == Remote("git.example", "coulomb/docs")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://git.example/ada/docs", "https://git.example/coulomb/docs"),
        ("https://git.example/ada/docs", "https://other.example/ada/docs"),
        ("https://git.example/ada/docs", "/srv/ada/docs"),
        ("/srv/ada/docs", "/srv/Ada/docs"),
        ("https://git.example/gitea/ada/docs", "https://git.example/ada/docs"),
    ],
)
def test_other_places_and_paths_are_other_remotes(one: str, other: str) -> None:
    assert remote_of(one) != remote_of(other)


@pytest.mark.parametrize(
    "url", [None, "", "  ", "https://", "https://git.example", "git@host:", "/"]
)
def test_what_leads_to_no_repo_is_none(url: str | None) -> None:
    assert remote_of(url) is None


def test_folders_of_this_machine_have_no_host() -> None:
    assert remote_of("/srv/docs.git") == Remote("", "/srv/docs")
    assert remote_of("file:///srv/docs.git/") == Remote("", "/srv/docs")
    assert remote_of("/home/ada/docs/.git") == Remote("", "/home/ada/docs")
    assert remote_of("../docs") == Remote("", "../docs")
    assert remote_of("./a:b/docs") == Remote("", "a:b/docs")


def test_an_address_of_numbers_is_a_host() -> None:
    assert remote_of("http://[::1]:3000/ada/docs.git") == Remote("::1", "ada/docs")
    assert remote_of("git@[::1]:ada/docs.git") == Remote("::1", "ada/docs")


@pytest.mark.parametrize(
    ("url", "now"),
    [
        ("https://git.example:3000/old/docs.git", "https://git.example:3000/new/papers.git"),
        ("https://git.example/gitea/old/docs", "https://git.example/gitea/new/papers"),
        ("ssh://git@git.example:2222/old/docs.git", "ssh://git@git.example:2222/new/papers.git"),
        ("git@git.example:old/docs.git", "git@git.example:new/papers.git"),
        ("git@git.example:docs", "git@git.example:new/papers"),
        ("https://git.example/docs", "https://git.example/new/papers"),
    ],
)
def test_a_moved_repo_is_spelled_as_it_was(url: str, now: str) -> None:
    assert moved(url, "new/papers") == now


@given(st.text(max_size=40))
def test_no_text_is_too_odd_for_a_remote(url: str) -> None:
    remote = remote_of(url)

    assert remote is None or remote.path
    assert remote is None or remote == remote_of(f" {url} ")


NAME = st.text("abcXYZ0._-", min_size=1, max_size=8).filter(
    lambda name: name.strip(".") and not name.lower().endswith(".git")
)


@given(NAME, NAME, st.sampled_from(SAME))
def test_a_moved_repo_is_found_where_it_moved_to(owner: str, name: str, url: str) -> None:
    remote = remote_of(moved(url.partition("?")[0], f"{owner}/{name}"))

    assert remote is not None
    assert remote.full_name == f"{owner}/{name}".casefold()
