"""A forge to ask: the fake one, as Gitea and as Forgejo."""

from collections.abc import Iterator

import pytest

from custodian_core.forge.client import HttpForge
from custodian_server.demo.forge import DemoForge

from .fake import Fake, Switch, faking

VERSIONS = {"gitea": "1.26.4", "forgejo": "16.0.1+gitea-1.22.0"}


@pytest.fixture
def kind() -> str:
    """Which program the forge is, where a test does not say."""
    return "gitea"


def small(version: str) -> DemoForge:
    """A forge with two organizations, of which ada is in one, and repos of several kinds."""
    forge = DemoForge(version)
    forge.add_person("root", is_admin=True)
    forge.add_person("ada")
    forge.add_person("bob")
    forge.add_org("coulomb", "ada")
    forge.add_org("newton", "bob")
    forge.add_repo(
        "coulomb/marki-docx", description="Größe ✓ — \u202eabc", files=("workplans/A.md", "a/b/c")
    )
    forge.add_repo("coulomb/empty", files=())
    forge.add_repo("coulomb/old", archived=True)
    forge.add_repo("newton/marki-docx")
    forge.add_repo("newton/secret", private=True)
    forge.add_repo("ada/own", fork=True, language="Python")
    return forge


@pytest.fixture
def fake(forge_server: tuple[Switch, str], kind: str) -> Iterator[Fake]:
    """A small forge with switches; nothing that was asked or answered broke its contract."""
    with faking(forge_server, small(VERSIONS[kind]), kind) as fake:
        yield fake


async def no_pause(_seconds: float) -> None:
    """Tests do not wait."""


@pytest.fixture
def forge(fake: Fake) -> Iterator[HttpForge]:
    """The client, as ada, with every scope."""
    with HttpForge(fake.url, fake.forge.add_token("ada"), pause=no_pause) as forge:
        yield forge
