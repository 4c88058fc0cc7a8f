"""What every test may ask for."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from custodian_core.settings import BESIDE, NAMES

if TYPE_CHECKING:
    from tests.core.forge.fake import Switch

# (how long a test takes is for benchmarks to tell; what CI says of a commit is no matter of luck)
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True)
settings.load_profile("searching")

pytest_plugins = ["tests.gits", "tests.postgres"]

SNAPSHOTS = Path(__file__).parent / "snapshots"

Snapshot = Callable[[str, str], None]


#: what people set for their own work, and no test is to hear of; a git that runs the tests in a
#: hook names its repo so, and all that they do would be done to that one
_OWN = frozenset((*NAMES, *BESIDE, "CLAUDE_CODE_SESSION_ID", "COLUMNS", "FORCE_COLOR", "NO_COLOR"))
_OWN_PREFIXES = ("GIT_", "XDG_")


def pytest_configure() -> None:
    """The tests run on nobody's machine: with no settings, and no configuration of git."""
    for name in [*os.environ]:
        if name in _OWN or name.startswith(_OWN_PREFIXES) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite tests/snapshots")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C means what it does at a terminal; what a shell runs behind its back ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compare a text with the file of that name under tests/snapshots."""

    def compare(name: str, text: str) -> None:
        file = SNAPSHOTS / name
        if request.config.getoption("--update-snapshots"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        assert file.exists(), f"{name} is new: run pytest with --update-snapshots and read it"
        assert text == file.read_text()

    return compare


@pytest.fixture(scope="session")
def forge_server() -> "Iterator[tuple[Switch, str]]":
    """Where each test that asks for a forge finds one of its own."""
    from tests.core.forge.fake import Switch, serving

    switch = Switch()
    with serving(switch) as url:
        yield switch, url
