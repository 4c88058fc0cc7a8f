import pytest

from custodian_core.text import fitted
from custodian_tools.registering import without_credentials


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("https://git.example/ada/docs.git", "https://git.example/ada/docs.git"),
        ("https://ada:pw@git.example:8443/docs", "https://git.example:8443/docs"),
        ("https://token@git.example/docs", "https://git.example/docs"),
        ("HTTPS://ada:p@ss@git.example/docs", "HTTPS://git.example/docs"),
        ("https://git.example/docs?private_token=x#y", "https://git.example/docs"),
        ("ssh://git@git.example:2222/docs.git", "ssh://git@git.example:2222/docs.git"),
        ("ssh://git:pw@git.example/docs.git", "ssh://git@git.example/docs.git"),
        ("postgresql://:pw@db/hub", "postgresql://db/hub"),
        ("git@git.example:ada/docs.git", "git@git.example:ada/docs.git"),
        ("/srv/git/docs@2.git", "/srv/git/docs@2.git"),
        ("file:///srv/git/a@b.git", "file:///srv/git/a@b.git"),
        ("https://git.example/@ada/docs", "https://git.example/@ada/docs"),
    ],
)
def test_an_address_is_kept_without_what_opens_it(url: str, without: str) -> None:
    assert without_credentials(url) == without


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("docs", "docs"),
        ("Marki Docx!", "marki-docx"),
        (".dotfiles", "dotfiles"),
        ("v1.2_final", "v1.2_final"),
        ("Bücher", "b-cher"),
        ("日本", ""),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_name_is_made_to_fit_a_slug(name: str, slug: str) -> None:
    assert fitted(name) == slug
