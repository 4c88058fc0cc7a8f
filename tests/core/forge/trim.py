"""Keep of a forge's OpenAPI description what our client asks: `trim.py SWAGGER.json NAME`.

The result is tests/core/forge/data/NAME.json. Gitea renders its description from
templates/swagger/v1_json.tmpl, Forgejo serves its own at /swagger.v1.json.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

DATA = Path(__file__).parent / "data"
REPO = "/repos/{owner}/{repo}"
#: what the client asks, and what it changes
ASKED = {
    "/version": ["get"],
    "/settings/api": ["get"],
    "/user": ["get"],
    "/user/repos": ["get"],
    "/users/{username}": ["get"],
    "/users/{username}/repos": ["get"],
    "/orgs/{org}": ["get"],
    "/orgs/{org}/repos": ["get"],
    "/orgs/{org}/labels": ["get"],
    "/orgs/{org}/hooks": ["get", "post"],
    "/orgs/{org}/hooks/{id}": ["patch", "delete"],
    "/repositories/{id}": ["get"],
    REPO: ["get"],
    f"{REPO}/contents": ["get"],
    f"{REPO}/contents/{{filepath}}": ["get"],
    f"{REPO}/branches/{{branch}}": ["get"],
    f"{REPO}/branch_protections": ["get"],
    f"{REPO}/labels": ["get", "post"],
    f"{REPO}/issues": ["get", "post"],
    f"{REPO}/pulls": ["get"],
    f"{REPO}/hooks": ["get", "post"],
    f"{REPO}/hooks/{{id}}": ["patch", "delete"],
}
#: what says nothing about the shape
PROSE = {"description", "summary", "tags", "operationId", "produces", "consumes", "title"}


def trimmed(whole: dict[str, Any]) -> dict[str, Any]:
    """The description of what is asked, and of all that this refers to."""
    paths = {
        path: {verb: _bare(whole["paths"][path][verb]) for verb in verbs}
        for path, verbs in ASKED.items()
    }
    kept: dict[str, dict[str, Any]] = {"definitions": {}, "responses": {}}
    wanted = list(_references(paths))
    while wanted:
        _, group, name = wanted.pop().split("/")
        if name not in kept[group]:
            kept[group][name] = _bare(whole[group][name])
            wanted += _references(kept[group][name])
    version = {"version": whole["info"]["version"]}
    return {"info": version, "basePath": whole["basePath"], "paths": paths, **kept}


def _bare(value: Any, *, of_names: bool = False) -> Any:
    """The value without prose; below `properties` the keys are names, whatever they look like."""
    if isinstance(value, dict):
        said = cast("dict[str, Any]", value)
        return {
            key: _bare(said[key], of_names=key == "properties" and not of_names)
            for key in said
            if of_names or (key not in PROSE and not key.startswith("x-"))
        }
    if isinstance(value, list):
        return [_bare(each) for each in cast("Iterable[Any]", value)]
    return value


def _references(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            if key == "$ref" and isinstance(each, str):
                yield each
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in cast("Iterable[Any]", value):
            yield from _references(each)


if __name__ == "__main__":
    source, name = sys.argv[1:]
    told = json.dumps(trimmed(json.loads(Path(source).read_text())), sort_keys=True, indent=1)
    (DATA / f"{name}.json").write_text(f"{told}\n")
