"""What is shipped beside the wheel is made from one table, and is what its readers take."""

import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from custodian_core.settings import NAMES
from custodian_prompts import load
from custodian_server.cli import COMMANDS
from custodian_server.hub_api.described import grouped
from custodian_server.shipping import bundle, manifests, pages
from custodian_server.shipping.facts import REGISTERED, Facts, read
from custodian_server.shipping.files import PLUGIN, files, renew, stale
from custodian_server.shipping.reference import description

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
HOOK = ROOT / PLUGIN / "hooks/in-step.sh"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return read(ROOT, load)


def schema(name: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(json.loads((DATA / name).read_text()))


REGISTRY = schema("registry-server-2025-12-11.schema.json")
BUNDLES = schema("mcpb-manifest-v0.4.schema.json")


def test_every_generated_file_is_what_it_is_made_from(
    facts: Facts, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--update-snapshots"):
        renew(facts)

    assert [name for name, _ in stale(facts)] == [], "`make ship` renews them"


def test_the_registry_takes_the_server(facts: Facts) -> None:
    said = manifests.server_json(facts)

    REGISTRY.validate(said)
    (package,) = said["packages"]
    assert f"<!-- mcp-name: {said['name']} -->" in (ROOT / "README.md").read_text()
    assert (package["identifier"], package["version"]) == (facts.package, facts.version)
    assert {each["name"] for each in package["environmentVariables"] if each.get("isSecret")} == {
        "CUSTODIAN_HUB_TOKEN",
        "CUSTODIAN_DATABASE_URL",
        "GITEA_TOKEN",
    }


@pytest.mark.parametrize(
    ("field", "value"), [("name", "custodian"), ("description", "x" * 101), ("version", None)]
)
def test_the_registry_would_refuse_a_worse_one(facts: Facts, field: str, value: object) -> None:
    assert not REGISTRY.is_valid({**manifests.server_json(facts), field: value})


def test_hosts_of_bundles_take_the_manifest(facts: Facts) -> None:
    said = manifests.bundle_manifest(facts)

    BUNDLES.validate(said)
    asked = re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(said["server"]))
    assert sorted(asked) == sorted(said["user_config"])
    assert said["user_config"]["hub_token"]["sensitive"]


def test_the_same_source_packs_into_the_same_bundle(facts: Facts, tmp_path: Path) -> None:
    for name in ("one.mcpb", "two.mcpb"):
        bundle.pack(facts, tmp_path / name)

    assert (tmp_path / "one.mcpb").read_bytes() == (tmp_path / "two.mcpb").read_bytes()


@pytest.mark.anyio
async def test_the_bundle_holds_all_that_the_server_needs(
    facts: Facts, tmp_path: Path, env: dict[str, str]
) -> None:
    """Its own source comes first on the path; uv would install what else it needs."""
    bundle.pack(facts, tmp_path / "custodian.mcpb")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(tmp_path / "custodian.mcpb") as packed:
        packed.extractall(unpacked)
    sources = os.pathsep.join(
        str(unpacked / name) for name in ("core", "tools", "server", "prompts")
    )
    start = str(unpacked / manifests.START)
    server = StdioServerParameters(
        command=sys.executable, args=[start], env={**env, "PYTHONPATH": sources}, cwd=tmp_path
    )
    async with Client(server) as client:
        answer = await client.call_tool("list_repos", {})

    assert not answer.is_error, answer.content
    assert {"manifest.json", "icon.png", "LICENSE"} <= {each.name for each in unpacked.iterdir()}


def test_the_icon_is_a_square_png() -> None:
    data = (ROOT / PLUGIN / "icon.png").read_bytes()
    width, height = struct.unpack(">II", data[16:24])

    assert data.startswith(b"\x89PNG")
    assert width == height == 512


def test_the_plugin_has_a_readme_and_every_part_says_what_it_is_for() -> None:
    folder = ROOT / PLUGIN
    said = [*folder.glob("commands/*.md"), *folder.glob("skills/*/SKILL.md")]

    assert len((folder / "README.md").read_text().split()) >= 40
    assert len(said) >= 10
    for file in said:
        _, front, body = file.read_text().split("---\n", 2)
        assert re.search(r"^description: \S.{10}", front, re.MULTILINE), file
        assert body.strip()
        assert not re.search(r"\{\w+\}", body), f"{file} has something to fill in"


def test_every_tool_stands_on_its_page_and_in_the_readme(facts: Facts) -> None:
    page, readme = pages.tools_page(facts), (ROOT / "README.md").read_text()

    for tool in facts.tools:
        assert f"### {tool.name}\n" in page
        assert f"`{tool.name}`" in readme
        assert all(f"`{argument.name}`" in page for argument in tool.arguments)


def test_every_command_has_a_page_and_no_other_has() -> None:
    pages_ = {each.stem for each in (ROOT / "docs/cli").iterdir()} - {"README"}

    assert pages_ == set(COMMANDS)


def test_every_route_of_a_hub_stands_on_its_page() -> None:
    page = (ROOT / "docs/api.md").read_text()
    routes = grouped(description())

    assert sum(map(len, routes.values())) == page.count("\n| `") > 50
    assert "| `POST /tasks/{name}/claim` |" in page


def test_no_default_on_the_page_of_settings_is_this_machines() -> None:
    page = (ROOT / "docs/settings.md").read_text()

    assert str(Path.home()) not in page
    assert all(f"| `{name}` |" in page for name in NAMES)


def test_what_llms_txt_lists_is_there(facts: Facts) -> None:
    paths = re.findall(r"\]\((.+)\)", pages.llms_txt(facts))

    assert "docs/tools.md" in paths
    assert all((ROOT / path).is_file() for path in paths)


def test_no_generated_file_names_this_machine(facts: Facts) -> None:
    for name, content in files(facts):
        assert str(ROOT).encode() not in content, name


def stopped(folder: Path, env: dict[str, str], **more: str) -> dict[str, Any]:
    """What the plugin's hook tells when Claude stops in that folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = {**env, "PATH": path, "CLAUDE_PROJECT_DIR": str(folder), **more}
    ran = subprocess.run(["sh", HOOK], env=told, capture_output=True, text=True, input="{}")
    assert (ran.returncode, ran.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(ran.stdout) if ran.stdout else {}
    return answer


def test_the_hook_tells_once_where_files_and_hub_differ(
    docs: Path, env: dict[str, str], tmp_path: Path
) -> None:
    custodian = Path(sys.executable).with_name("custodian")
    subprocess.run([custodian, "register", docs], env=env, check=True, capture_output=True)
    kept = {"CLAUDE_PLUGIN_DATA": str(tmp_path / "a folder")}
    told = stopped(docs, env, **kept)
    again = stopped(docs, env, **kept)
    subprocess.run([custodian, "fix", "docs"], env=env, check=True, capture_output=True)
    mended = stopped(docs, env, **kept)

    assert "(C-02 C-03)" in told["systemMessage"]
    assert (again, mended) == ({}, {})
    assert set(told) == {"systemMessage"}


def test_the_hook_is_silent_where_custodian_has_no_part(
    docs: Path, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()

    assert stopped(tmp_path / "plain", env) == {}
    assert stopped(tmp_path / "gone", env) == {}
    assert stopped(docs, env) == {}, "it is not registered"
    assert stopped(docs, env, PATH="/usr/bin:/bin") == {}, "custodian is not installed"
    assert stopped(docs, env, CUSTODIAN_HUB_URL="http://127.0.0.1:9") == {}, "the hub is down"


def test_the_registered_name_is_one_that_the_registry_can_prove() -> None:
    assert re.fullmatch(r"io\.github\.[a-z0-9-]+/custodian", REGISTERED)
