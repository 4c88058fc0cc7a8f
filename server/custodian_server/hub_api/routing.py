"""Finding a request's route among a few, where the application would try one after the other."""

from collections import defaultdict

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class ByPlace:
    """A router's routes by the first part of their path and by how many parts it has.

    The hub has more than a hundred, and to try the half of them costs as much as to read the body.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._places: defaultdict[tuple[str, int], list[BaseRoute]] = defaultdict(list)
        for route in router.routes:
            self._places[_place(getattr(route, "path", ""))].append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that takes the request, or as the router does where there is none."""
        if scope["type"] == "http":
            for route in self._places.get(_place(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found, router=self._router)
                    await route.handle(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)


def _place(path: str) -> tuple[str, int]:
    return path[1:].partition("/")[0], path.count("/")
