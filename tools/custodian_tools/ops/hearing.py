"""What the forge tells of the pull requests of ops repos: asked in little time, never guessed."""

from collections.abc import Sequence

from custodian_core.errors import BadValue, CustodianError, ForgeTrouble, ForgeUnreachable
from custodian_core.git.state import NotHere, find
from custodian_core.ops.marks import FiledLine, pitched
from custodian_core.ops.proposals import Proposals, proposed
from custodian_core.ops.sprints import Sprint
from custodian_core.ports import Forge, Hub
from custodian_core.remotes import Remote, remote_of
from custodian_core.settings import Settings
from custodian_tools.checkouts import Target
from custodian_tools.sync.refusals import repo_there

from .branches import remote_of as remote_followed

#: how long one answer of the forge may take while somebody waits
ANSWER_S = 5.0


def hear(settings: Settings, hub: Hub, target: Target) -> Proposals:
    """What the forge tells of the repo's pull requests, or why nothing was heard."""
    return hear_all(settings, hub, [target])[0]


def hear_all(
    settings: Settings, hub: Hub, targets: Sequence[Target], answer_s: float = ANSWER_S
) -> list[Proposals]:
    """What the forge tells of each repo; one that does not answer is not asked for the next."""
    if not settings.forge_url:
        return [_not_asked("GITEA_URL is not set")] * len(targets)
    from custodian_core.forge.client import open_forge

    try:
        forge = open_forge(settings, answer_s=answer_s, pause=_no_pause)
    except BadValue as error:
        return [_not_asked(str(error))] * len(targets)
    heard: list[Proposals] = []
    silent: Proposals | None = None
    with forge:
        for target in targets:
            try:
                heard.append(silent or _heard(forge, hub, target))
            except ForgeTrouble as error:
                told = Proposals(unheard=f"forge not answering: {error}")
                silent = told if isinstance(error, ForgeUnreachable) else None
                heard.append(told)
            except CustodianError as error:
                heard.append(_not_asked(str(error)))
    return heard


def heard_filed(
    settings: Settings, hub: Hub, target: Target, sprint: Sprint, answer_s: float = ANSWER_S
) -> FiledLine | None:
    """What the pull request of the sprint's pitch says of its filing, where the forge has one.

    A forge that does not answer is an error: what it did not say may have been filed. Without a
    forge, or where the ops repo is on none, there is no such pull request.
    """
    if not settings.forge_url or sprint.vision is None:
        return None
    here, place = remote_of(f"{settings.forge_url}/x"), _remote(target)
    repo = hub.repo(target.repo) if target.repo else None
    if place is None or not ((here and here.host == place.host) or (repo and repo.forge_id)):
        return None
    from custodian_core.forge.client import open_forge

    with open_forge(settings, answer_s=answer_s, pause=_no_pause) as forge:
        there = repo_there(forge, repo.forge_id if repo else None, place)
        return pitched(forge.pulls(there.full_name), sprint.vision) if there else None


def _heard(forge: Forge, hub: Hub, target: Target) -> Proposals:
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return _not_asked(folders.why)
    place, repo = _remote(target), hub.repo(target.repo) if target.repo else None
    there = repo_there(forge, repo.forge_id if repo else None, place) if place else None
    if there is None:
        return _not_asked(f"its remote is no repo of {forge.url}")
    main = repo.default_branch if repo and repo.default_branch else there.default_branch
    return proposed(forge.pulls(there.full_name), main)


def _remote(target: Target) -> Remote | None:
    """Where the checkout's branch is pushed to, as people may spell it; None for nowhere."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return None
    remote = remote_followed(folders.git)
    return remote_of(folders.git.run("remote", "get-url", remote).text) if remote else None


def _not_asked(why: str) -> Proposals:
    return Proposals(unheard=f"forge not asked: {why}")


async def _no_pause(_seconds: float) -> None:
    """Whoever looks at a vault does not wait for a forge that is busy."""
