"""How the forge in memory tells of things: as Gitea does, with the fields that it always has."""

from typing import Any

from custodian_core.codec import stamp

from .forge import DemoForge, DemoOrg, DemoPerson, DemoRepo

Json = dict[str, Any]
#: what Go writes for a time that is not there
NO_TIME = "0001-01-01T00:00:00Z"


def person_json(forge: DemoForge, person: DemoPerson | DemoOrg) -> Json:
    """Somebody; an organization looks like a person, too, where it owns a repo."""
    login = person.login if isinstance(person, DemoPerson) else person.name
    return {
        "id": person.id,
        "login": login,
        "full_name": "",
        "html_url": f"{forge.root_url}/{login}",
        "is_admin": isinstance(person, DemoPerson) and person.is_admin,
        "last_login": NO_TIME,
    }


def org_json(org: DemoOrg) -> Json:
    """An organization."""
    return {"id": org.id, "name": org.name, "full_name": "", "visibility": "public"}


def repo_json(forge: DemoForge, repo: DemoRepo, login: str) -> Json:
    """A repo as somebody sees it."""
    owner = forge.orgs.get(repo.owner) or forge.people[repo.owner]
    host = forge.root_url.partition("://")[2].partition(":")[0]
    return {
        "id": repo.id,
        "owner": person_json(forge, owner),
        "name": repo.name,
        "full_name": repo.full_name,
        "description": repo.description,
        "empty": not repo.files,
        "private": repo.private,
        "fork": repo.fork,
        "template": repo.template,
        "mirror": repo.mirror,
        "archived": repo.archived,
        "archived_at": stamp(repo.updated_at) if repo.archived else "1970-01-01T00:00:00Z",
        "size": repo.size,
        "language": repo.language,
        "html_url": f"{forge.root_url}/{repo.full_name}",
        "clone_url": repo.clone_url or f"{forge.root_url}/{repo.full_name}.git",
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "default_branch": repo.default_branch,
        "updated_at": stamp(repo.updated_at),
        "mirror_updated": NO_TIME,
        "permissions": {
            "admin": forge.may_rule(login, repo),
            "push": forge.may_write(login, repo),
            "pull": True,
        },
        "topics": [],
    }


def entry_json(path: str, kind: str) -> Json:
    """One name in a folder."""
    return {"name": path.rpartition("/")[2], "path": path, "type": kind, "size": 0}


def branch_json(repo: DemoRepo, name: str, *, may_write: bool) -> Json:
    """A branch, with the rule that holds for it; here a rule's name is a branch's."""
    rule = next((each for each in repo.protections if each["rule_name"] == name), None)
    return {
        "name": name,
        "protected": rule is not None,
        "user_can_push": may_write and (rule is None or rule["enable_push"]),
        "effective_branch_protection_name": rule["rule_name"] if rule else "",
    }


def issue_json(repo: DemoRepo, number: int, said: Json, author: str, at: str) -> Json:
    """A new issue; labels come as numbers and are told as labels."""
    wanted: list[int] = said.get("labels") or []
    return {
        "id": repo.id * 1000 + number,
        "number": number,
        "title": said["title"],
        "body": said.get("body", ""),
        "state": "open",
        "labels": [label for label in repo.labels if label["id"] in wanted],
        "user": {"id": 1, "login": author},
        "created_at": at,
        "updated_at": at,
        "closed_at": None,
        "pull_request": None,
    }


def pull_json(forge: DemoForge, repo: DemoRepo, head: str, author: str, at: str) -> Json:
    """A new pull request of one of the repo's own branches, for its default branch."""
    number = repo.next_number()
    whole = repo_json(forge, repo, author)
    ours = {"repo_id": repo.id, "repo": whole, "sha": f"{number:040x}"}
    return {
        "id": repo.id * 1000 + number,
        "number": number,
        "title": head.replace("/", ": ", 1),
        "body": "",
        "state": "open",
        "user": {"id": 1, "login": author},
        "html_url": f"{forge.root_url}/{repo.full_name}/pulls/{number}",
        "head": {"label": head, "ref": head, **ours},
        "base": {"label": repo.default_branch, "ref": repo.default_branch, **ours},
        "merged": False,
        "merged_at": None,
        "merge_commit_sha": None,
        "created_at": at,
        "updated_at": at,
        "closed_at": None,
    }


def ended(pull: Json, at: str, *, merged: str | None = None, branch_is_gone: bool = True) -> None:
    """The pull request is closed, or merged by that commit; its branch goes with it."""
    pull |= {"state": "closed", "closed_at": at, "updated_at": at}
    if merged:
        pull |= {"merged": True, "merged_at": at, "merge_commit_sha": merged}
    if branch_is_gone:
        pull["head"] = {**pull["head"], "ref": f"refs/pull/{pull['number']}/head"}
