"""The bill of materials holds to its schema, and names all that the locks do."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from custodian_prompts import load
from custodian_server.shipping.facts import read
from custodian_server.shipping.sbom import LOCKS, bill

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).with_name("data")
FACTS = read(ROOT, load)


def schema(name: str) -> Any:
    return json.loads((DATA / f"cyclonedx-{name}.schema.json").read_text())


@pytest.fixture(scope="module")
def told() -> Any:
    return json.loads(bill(FACTS))


def test_it_holds_to_the_schema_of_its_version(told: Any) -> None:
    base = "http://cyclonedx.org/schema/"
    others = jsonschema_rs.Registry(
        [(f"{base}{name}.SNAPSHOT.schema.json", schema(name)) for name in ("spdx", "jsf-0.82")]
    )
    validator = jsonschema_rs.Draft7Validator(schema("bom-1.6"), registry=others)

    assert [error.message for error in validator.iter_errors(told)] == []
    assert list(validator.iter_errors({**told, "components": [{"name": "no type"}]}))


def test_every_package_of_the_locks_is_in_it_with_its_digests(told: Any) -> None:
    named = {(each["name"], each["version"]) for each in told["components"]}
    text = "".join((ROOT / lock).read_text() for lock in LOCKS)
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", text, re.MULTILINE))

    assert locked == named - {each for each in named if each[0] == "htmx.org"}
    digests = set(re.findall(r"sha256:(\w{64})", text))
    assert digests == {
        each["content"]
        for component in told["components"]
        for place in component.get("externalReferences", ())
        for each in place["hashes"]
    }


def test_every_need_is_of_something_in_it(told: Any) -> None:
    known = {each["bom-ref"] for each in told["components"]}
    needs = {each["ref"]: set(each["dependsOn"]) for each in told["dependencies"]}
    root = told["metadata"]["component"]["bom-ref"]

    assert needs.keys() == known | {root}
    assert set().union(*needs.values()) == known
    assert any("mcp@" in each for each in needs[root])


def test_the_same_locks_make_the_same_bill() -> None:
    assert bill(FACTS) == bill(FACTS)
