"""The State Hub as a web application, put together."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Route

from custodian_core import __version__
from custodian_core.queueing import open_queue
from custodian_core.settings import Settings

from . import forge, hooks, metrics, people, queue, repos, work
from .auth import OPEN, SIGNED, Door, HubStore, needed_scope
from .commands import command_routes
from .errors import add_handlers, error_schemas
from .guard import Guard
from .mcp import PATH, McpOverHttp
from .rates import Rates
from .routing import ByPlace
from .traffic import PAGES, Traffic

ABOUT = """\
The State Hub knows every repo, workstream, task, goal and open question. Bodies and answers are
JSON; every path answers with and without a slash at its end. A task is named by its key or id.
Where no token is needed, the header X-Custodian-Agent says who asks. The header X-Custodian-Hub of
every answer tells the hub's id; sent with a request, no other hub carries that out.
"""


class HubApi(FastAPI):
    """The application, whose description also tells the scope that each route needs."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description."""
        if self.openapi_schema is None:
            described = super().openapi()
            described["components"]["schemas"] |= error_schemas()
            _tell_scopes(described, may_be_left_out=self.state.loopback)
            self.openapi_schema = described
        return self.openapi_schema


def create_app(
    store: HubStore,
    *,
    settings: Settings,
    loopback: bool,
    names: frozenset[str] = frozenset(),
) -> FastAPI:
    """The State Hub's HTTP API over that store; `names` are what it is called beside localhost."""
    door = Door(store, loopback, frozenset(name.lower() for name in names))
    # (it stands upon this package's guard and errors, so it is loaded after them)
    from custodian_server.dashboard.app import Dashboard

    pages = Dashboard(store, settings, door)
    mcp = McpOverHttp(store, settings, door)
    traffic, rates = Traffic(), Rates(settings.requests_per_second)
    workers = queue.Workers(settings, open_queue)
    app = HubApi(
        lifespan=workers.open_while(mcp.running),
        title="Custodian State Hub",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Guard, door=door, hub=store, pages=pages, traffic=traffic, rates=rates)
        ],
    )
    app.state.loopback = loopback
    app.state.hub = store
    app.state.settings = settings
    app.state.workers = workers
    app.state.traffic = traffic
    app.state.measured = metrics.Measured(store, workers)
    pages.api = app
    app.state.end_streams = mcp.end
    add_handlers(app)
    for router in (
        people.router,
        repos.router,
        forge.router,
        hooks.router,
        queue.router,
        work.router,
        metrics.router,
        command_routes(),
    ):
        # Their routes are complete: to include the routers would build each anew for every app.
        app.router.routes.extend(router.routes)
    app.router.routes.extend(
        Route(path, mcp, methods=["GET", "POST", "DELETE"], include_in_schema=False)
        for path in (PATH, f"{PATH}/")
    )
    app.router.middleware_stack = ByPlace(app.router)
    paths = (getattr(route, "path", "") for route in app.router.routes)
    traffic.areas = frozenset({PAGES, *(path.split("/")[1] for path in paths if path)})
    return app


def _tell_scopes(described: dict[str, Any], *, may_be_left_out: bool) -> None:
    schemes = described["components"].setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            if path in OPEN or path in SIGNED:
                continue
            told["security"] = [{"token": []}, {}] if may_be_left_out else [{"token": []}]
            told["x-custodian-scope"] = needed_scope(method.upper(), path).value
