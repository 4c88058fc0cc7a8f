"""The HTTP API of the forge in memory: the part of Gitea's that Custodian asks."""

import json
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from custodian_core.codec import now, stamp

from .forge import DemoForge, DemoOrg, DemoRepo
from .forge_shapes import (
    Json,
    branch_json,
    entry_json,
    issue_json,
    org_json,
    person_json,
    repo_json,
)

Act = Callable[["Ask"], Response]


class Refusal(Exception):
    """The forge says no, or that a thing has moved."""

    def __init__(self, status: int, message: str, *errors: str, location: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.location = status, message, errors, location


class Ask:
    """One request, with what it is about; what may not be is a `Refusal`."""

    def __init__(self, forge: DemoForge, request: Request, body: bytes) -> None:
        self.forge, self.path, self.query = forge, request.path_params, request.query_params
        self.said: Json = json.loads(body) if body else {}
        self._request = request

    def login(self, about: str) -> str:
        """Who asks, if the token may do that with things of that kind."""
        kind, _, secret = self._request.headers.get("Authorization", "").partition(" ")
        if kind.lower() not in ("token", "bearer"):
            raise Refusal(401, "token is required")
        token = self.forge.tokens.get(secret)
        if token is None:
            raise Refusal(401, "invalid username, password or token")
        needed = f"{'read' if self._request.method == 'GET' else 'write'}:{about}"
        if needed not in {*token.scopes, *(s.replace("write", "read") for s in token.scopes)}:
            lacking = f"required=[{needed}], token scope={','.join(token.scopes)}"
            message = "token does not have at least one of required scope(s)"
            raise Refusal(403, f"{message}, {lacking}")
        return token.login

    def repo(self, about: str = "repository") -> tuple[str, DemoRepo]:
        """Who asks, and the repo that is asked for."""
        login, forge = self.login(about), self.forge
        asked = f"{self.path['owner']}/{self.path['name']}"
        repo = forge.find(asked)
        if repo is None and asked.lower() in forge.once:
            moved = forge.repos[forge.once[asked.lower()]].full_name
            raise Refusal(301, "", location=self._request.url.path.replace(asked, moved, 1))
        if repo is None or not forge.may_read(login, repo):
            raise Refusal(404, "not found")
        return login, repo

    def ruled(self) -> DemoRepo:
        """The repo that is asked for, by somebody who may administer it."""
        login, repo = self.repo()
        if not self.forge.may_rule(login, repo):
            who = "user should be an owner or a collaborator with admin write of a repository"
            raise Refusal(403, who)
        return repo

    def org(self) -> DemoOrg:
        """The organization that is asked for."""
        self.login("organization")
        name = self.path["owner"]
        if name not in self.forge.orgs:
            raise Refusal(404, "GetOrgByName", f"user redirect does not exist [name: {name}]")
        return self.forge.orgs[name]

    def page(self, things: Sequence[Any], shown: Callable[[Any], Json | None]) -> Response:
        """The page that is asked for; what is not shown leaves a gap, as it does there."""
        most = self.forge.max_response_items
        limit = min(int(self.query.get("limit") or 0) or self.forge.default_paging_num, most)
        number = max(1, int(self.query.get("page") or 1))
        told = [shown(each) for each in things[(number - 1) * limit : number * limit]]
        headers = {"X-Total-Count": str(len(things))}
        if number < ceil(len(things) / limit):
            here = f"{self.forge.root_url}{self._request.url.path}"
            headers["Link"] = f'<{here}?page={number + 1}&limit={limit}>; rel="next"'
        return JSONResponse([each for each in told if each is not None], headers=headers)


def forge_app(forge: DemoForge) -> Starlette:
    """The forge as an application."""

    def route(path: str, **acts: Act) -> list[Route]:
        return [Route(path, _endpoint(forge, act), methods=[name]) for name, act in acts.items()]

    repo = "/repos/{owner}/{name}"
    hooks: tuple[tuple[str, Callable[[Ask], list[Json]]], ...] = (
        (repo, lambda ask: ask.ruled().hooks),
        ("/orgs/{owner}", lambda ask: ask.org().hooks),
    )
    routes = [
        *route("/version", GET=lambda ask: JSONResponse({"version": ask.forge.version})),
        *route("/settings/api", GET=_settings),
        *route("/user", GET=_whoami),
        *route("/user/repos", GET=_accessible_repos),
        *route("/users/{owner}", GET=_person),
        *route("/users/{owner}/repos", GET=_repos_of_person),
        *route("/orgs/{owner}", GET=lambda ask: JSONResponse(org_json(ask.org()))),
        *route("/orgs/{owner}/repos", GET=lambda ask: _repos(ask, ask.org().name, "organization")),
        *route("/orgs/{owner}/labels", GET=lambda ask: ask.page(ask.org().labels, _as_it_is)),
        *route("/repositories/{id:int}", GET=_repo_by_id),
        *route(repo, GET=_repo),
        *route(f"{repo}/contents", GET=_contents),
        *route(f"{repo}/contents/{{path:path}}", GET=_contents),
        *route(f"{repo}/branches/{{branch:path}}", GET=_branch),
        *route(f"{repo}/branch_protections", GET=lambda ask: JSONResponse(ask.ruled().protections)),
        *route(f"{repo}/labels", GET=_labels, POST=_add_label),
        *route(f"{repo}/issues", GET=_issues, POST=_add_issue),
        *route(f"{repo}/pulls", GET=_pulls),
    ]
    for path, of in hooks:
        routes += route(f"{path}/hooks", GET=_hooks(of), POST=_add_hook(of))
        routes += route(f"{path}/hooks/{{hook:int}}", PATCH=_change_hook(of), DELETE=_drop_hook(of))
    return Starlette(routes=[Mount("/api/v1", routes=routes)])


def _endpoint(forge: DemoForge, act: Act) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            return act(Ask(forge, request, await request.body()))
        except Refusal as refusal:
            if refusal.location:
                return Response("moved", refusal.status, {"Location": refusal.location})
            told: Json = {"message": refusal.message, "url": f"{forge.root_url}/api/swagger"}
            told |= {"errors": list(refusal.errors)} if refusal.errors else {}
            return JSONResponse(told, refusal.status)

    return answer


def _as_it_is(thing: Json) -> Json:
    return thing


# --- the forge and its people


def _settings(ask: Ask) -> Response:
    forge = ask.forge
    told = {"max_response_items": forge.max_response_items}
    return JSONResponse({**told, "default_paging_num": forge.default_paging_num})


def _whoami(ask: Ask) -> Response:
    return JSONResponse(person_json(ask.forge, ask.forge.people[ask.login("user")]))


def _person(ask: Ask) -> Response:
    ask.login("user")
    name = ask.path["owner"]
    found = ask.forge.people.get(name) or ask.forge.orgs.get(name)
    if found is None:
        raise Refusal(404, "GetUserByName", f"user redirect does not exist [name: {name}]")
    return JSONResponse(person_json(ask.forge, found))


# --- repos


def _repos(ask: Ask, owner: str, about: str) -> Response:
    """Repos are counted and cut into pages before those are left out that are not to be seen."""
    login, forge = ask.login(about), ask.forge
    there = [repo for repo in forge.repos.values() if repo.owner == owner]
    return ask.page(
        there, lambda r: repo_json(forge, r, login) if forge.may_read(login, r) else None
    )


def _repos_of_person(ask: Ask) -> Response:
    if ask.path["owner"] not in ask.forge.people:
        raise Refusal(404, "not found")
    return _repos(ask, ask.path["owner"], "user")


def _accessible_repos(ask: Ask) -> Response:
    login, forge = ask.login("user"), ask.forge
    own = [repo for repo in forge.repos.values() if forge.may_write(login, repo)]
    return ask.page(sorted(own, key=lambda r: r.full_name), lambda r: repo_json(forge, r, login))


def _repo(ask: Ask) -> Response:
    login, repo = ask.repo()
    return JSONResponse(repo_json(ask.forge, repo, login))


def _repo_by_id(ask: Ask) -> Response:
    login, repo = ask.login("repository"), ask.forge.repos.get(ask.path["id"])
    if repo is None or not ask.forge.may_read(login, repo):
        raise Refusal(404, "not found")
    return JSONResponse(repo_json(ask.forge, repo, login))


def _contents(ask: Ask) -> Response:
    """A folder as a list, a file as an object."""
    _, repo = ask.repo()
    path = ask.path.get("path", "").strip("/")
    if path in repo.files:
        return JSONResponse(entry_json(path, "file"))
    below = f"{path}/" if path else ""
    names = {
        file.removeprefix(below).split("/")[0] for file in repo.files if file.startswith(below)
    }
    if not names:
        raise Refusal(404, "not found", f"object does not exist [id: , rel_path: {path}]")
    told = [f"{below}{name}" for name in sorted(names)]
    return JSONResponse([entry_json(p, "file" if p in repo.files else "dir") for p in told])


def _branch(ask: Ask) -> Response:
    login, repo = ask.repo()
    name = ask.path["branch"]
    if name != repo.default_branch:
        raise Refusal(404, "not found", f"branch does not exist [name: {name}]")
    may_write = ask.forge.may_write(login, repo)
    return JSONResponse(branch_json(repo, name, may_write=may_write))


# --- labels, issues, pull requests and webhooks


def _open(ask: Ask) -> tuple[str, DemoRepo]:
    """Who asks, and a repo in which something can be changed."""
    login, repo = ask.repo("issue")
    if repo.archived:
        raise Refusal(423, f"{repo.full_name} is archived")
    return login, repo


def _labels(ask: Ask) -> Response:
    return ask.page(ask.repo("issue")[1].labels, _as_it_is)


def _add_label(ask: Ask) -> Response:
    _, repo = _open(ask)
    color = str(ask.said["color"]).removeprefix("#")
    repo.labels.append({"id": ask.forge.next_id(), "description": "", **ask.said, "color": color})
    return JSONResponse(repo.labels[-1], 201)


def _issues(ask: Ask) -> Response:
    _, repo = ask.repo("issue")
    state, wanted = ask.query.get("state", "open"), ask.query.get("labels", "")
    found = [
        issue
        for issue in reversed(repo.issues)
        if state in ("all", issue["state"])
        and (not wanted or {*wanted.split(",")} & {label["name"] for label in issue["labels"]})
        and issue["updated_at"] >= ask.query.get("since", "")
    ]
    return ask.page(found, _as_it_is)


def _add_issue(ask: Ask) -> Response:
    login, repo = _open(ask)
    repo.issues.append(issue_json(repo, repo.next_number(), ask.said, login, stamp(now())))
    return JSONResponse(repo.issues[-1], 201)


def _pulls(ask: Ask) -> Response:
    _, repo = ask.repo()
    state = ask.query.get("state", "open")
    found = [pull for pull in repo.pulls if state in ("all", pull["state"])]
    return ask.page(found if ask.query.get("sort") == "oldest" else found[::-1], _as_it_is)


Hooks = Callable[[Ask], list[Json]]


def _hooks(of: Hooks) -> Act:
    return lambda ask: ask.page(of(ask), _as_it_is)


def _add_hook(of: Hooks) -> Act:
    def add(ask: Ask) -> Response:
        there, config = of(ask), dict(ask.said["config"])
        config.pop("secret", None)  # (it is told to nobody again)
        there.append({"id": ask.forge.next_id(), **ask.said, "config": config})
        return JSONResponse(there[-1], 201)

    return add


def _change_hook(of: Hooks) -> Act:
    def change(ask: Ask) -> Response:
        hook = _hook(of, ask)
        hook |= {"events": ["push"], "branch_filter": "", **ask.said}
        return JSONResponse(hook)

    return change


def _drop_hook(of: Hooks) -> Act:
    def drop(ask: Ask) -> Response:
        of(ask).remove(_hook(of, ask))
        return Response(status_code=204)

    return drop


def _hook(of: Hooks, ask: Ask) -> Json:
    found = next((hook for hook in of(ask) if hook["id"] == ask.path["hook"]), None)
    if found is None:
        raise Refusal(404, "not found")
    return found
