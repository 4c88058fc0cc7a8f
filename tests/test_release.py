"""What is released installs beside nothing but what it declares, and works there."""

import email
import email.message
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
import readme_renderer.markdown
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from packaging.requirements import Requirement

from custodian_core import __version__
from custodian_core.errors import FileTrouble
from custodian_prompts import load
from custodian_server.shipping.facts import read
from custodian_server.shipping.release import CHECKSUMS, release, settle

ROOT = Path(__file__).parents[1]
PACKAGES = ("core/custodian_core", "tools/custodian_tools", "server/custodian_server")
IMPORT = re.compile(r"^ *(?:import|from) (\w+)[\w.]*(?: import| as|$)", re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all that is released."""
    folder = tmp_path_factory.mktemp("dist")
    release(read(ROOT, load), folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, and with what it declares and nothing else.

    What it declares is what these tests run with, linked there: no network is asked.
    """
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    (place,) = folder.glob("lib/python*/site-packages")
    for each in declared(metadata(wheel).get_all("Requires-Dist") or []):
        for name in {file.parts[0] for file in each.files or () if file.parts[0] != ".."}:
            if name != "__pycache__" and not (place / name).exists():
                (place / name).symlink_to(Path(str(each.locate_file(name))))
    return programs


def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [each for each in packed.namelist() if each.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(packed.read(name))


def declared(required: list[str], extra: str = "") -> list[Distribution]:
    """What is required, and what that requires in turn."""
    found: dict[str, Distribution] = {}
    waiting = [(text, extra) for text in required]
    while waiting:
        text, asked = waiting.pop()
        each = Requirement(text)
        key = f"{each.name}{sorted(each.extras)}"
        if key in found or (each.marker and not each.marker.evaluate({"extra": asked})):
            continue
        found[key] = distribution(each.name)
        more = found[key].requires or []
        waiting += [(needed, wanted) for needed in more for wanted in ("", *each.extras)]
    return list(found.values())


def imported() -> Iterator[str]:
    """The packages that our modules import, wherever in a module that is."""
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            yield from IMPORT.findall(file.read_text())


def names(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as packed:
        return {each: packed.read(each) for each in packed.namelist()}


def test_all_that_is_released_says_the_same_version(built: Path, wheel: Path) -> None:
    server = json.loads((built / "server.json").read_text())
    bundle = json.loads(names(built / "custodian.mcpb")["manifest.json"])
    (source,) = built.glob("*.tar.gz")
    log = (ROOT / "CHANGELOG.md").read_text()

    assert wheel.name == f"custodian_mcp-{__version__}-py3-none-any.whl"
    assert source.name == f"custodian_mcp-{__version__}.tar.gz"
    assert server["packages"][0]["version"] == __version__
    assert server["version"] == bundle["version"] == __version__.replace("rc", "-rc.")
    assert re.findall(r"^## (\S+?),? ", log, re.MULTILINE)[0] == __version__


def test_what_is_not_what_it_is_made_from_is_not_released() -> None:
    facts = read(ROOT, load)

    with pytest.raises(FileTrouble, match="make ship"):
        settle(replace(facts, version="9.9"))


def test_the_checksums_are_those_of_every_file(built: Path) -> None:
    lines = (built / CHECKSUMS).read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}

    assert told == {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()
        for each in built.iterdir()
        if each.name != CHECKSUMS
    }


def test_the_source_makes_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as packed:
        packed.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=unpacked, check=True, capture_output=True)

    assert names(tmp_path / wheel.name) == names(wheel)


def test_what_is_imported_anywhere_is_declared(bare: Path) -> None:
    """Modules for a team alone import what the extras bring."""
    found = {name for name in imported() if not name.startswith("custodian")}
    ask = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if not u.find_spec(n)))"
    missing = subprocess.run(
        [bare / "python", "-c", ask, *found], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"mcp", "starlette", "psycopg"} <= found
    assert set(missing) == {"procrastinate", "psycopg", "psycopg_pool"}


def test_what_the_extra_for_teams_brings_is_declared(wheel: Path) -> None:
    required = metadata(wheel).get_all("Requires-Dist") or []
    brought = {each.name for each in declared(required, "team")}

    assert {"procrastinate", "psycopg", "psycopg-binary", "psycopg-pool"} <= brought


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("custodian --version", f"custodian {__version__}\n"),
        ("custodian demo --help", "Usage: custodian demo"),
        ("custodian status", "no repos"),
        ("custodian mcp config project", '"command": "'),
        ("custodian-mcp --help", "Usage: custodian-mcp"),
    ],
)
def test_the_commands_work_where_only_the_wheel_was_installed(
    bare: Path, tmp_path: Path, words: str, told: str
) -> None:
    program, *arguments = words.split()
    ran = subprocess.run(
        [bare / program, *arguments],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    assert told in ran.stdout


def test_without_the_extra_a_database_of_a_team_is_asked_for_by_its_name(
    bare: Path, tmp_path: Path
) -> None:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    env["CUSTODIAN_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    ran = subprocess.run([bare / "custodian", "status"], env=env, capture_output=True, text=True)

    assert ran.returncode == 2
    assert "install custodian-mcp[postgres]" in ran.stderr


@pytest.mark.anyio
async def test_the_server_answers_a_client_where_only_the_wheel_was_installed(
    bare: Path, tmp_path: Path
) -> None:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    server = StdioServerParameters(command=str(bare / "custodian-mcp"), env=env, cwd=tmp_path)
    async with Client(server) as client:
        server_info = client.server_info
        tools = await client.list_tools()
        answer = await client.call_tool("list_repos", {})

    assert server_info
    assert server_info.version == __version__
    assert len(tools.tools) > 15
    assert not answer.is_error, answer.content


def test_the_page_of_a_package_listing_renders_and_leads_nowhere_that_is_not(wheel: Path) -> None:
    page = metadata(wheel)
    shown = readme_renderer.markdown.render(str(page.get_payload()), stream=io.StringIO())

    assert page["Description-Content-Type"] == "text/markdown"
    assert shown
    assert "<h2" in shown
    targets = re.findall(r'(?:href|src)="(.*?)"', shown)
    assert all(each.startswith(("https://", "#")) for each in targets), targets
    assert "mcp-name: io.github." in str(page.get_payload())
