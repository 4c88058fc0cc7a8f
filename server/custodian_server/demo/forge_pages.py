"""What a browser is shown of the forge in memory: a few words, since it has no pages."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .forge import DemoForge, DemoRepo

END = "The demo's forge speaks to programs, and has no pages. A real one shows it here.\n"


def forge_pages(forge: DemoForge) -> list[Route]:
    """The addresses that the forge tells of what can be looked at."""

    def found(request: Request) -> DemoRepo | None:
        said = request.path_params
        return forge.find(f"{said['owner']}/{said['name']}")

    async def repo(request: Request) -> Response:
        known = found(request)
        return _told(f"{known.full_name}: {known.description}" if known else None)

    async def pull(request: Request) -> Response:
        known, number = found(request), request.path_params["number"]
        pulls = {each["number"]: each for each in known.pulls} if known else {}
        told = pulls.get(number)
        return _told(f"Pull request {number}, {told['state']}: {told['title']}" if told else None)

    return [
        Route("/{owner}/{name}", repo),
        Route("/{owner}/{name}/pulls/{number:int}", pull),
    ]


def _told(what: str | None) -> Response:
    """The words; only of what is there."""
    text = f"{what}\n\n{END}" if what else f"There is no such thing.\n\n{END}"
    return PlainTextResponse(text, 200 if what else 404)
