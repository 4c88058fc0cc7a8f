"""The demo while it runs: a forge, a fleet and the hub's pages, gone when it ends."""

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from custodian_core.hub import open_store
from custodian_server.hub_api import create_app, listener

from .fleet import HOSTS, Fleet, Place
from .forge import DemoForge
from .forge_api import forge_app
from .forge_pages import forge_pages
from .git_http import GitOverHttp
from .stories import ORG

#: where git looks for what this user, or this machine, has told it
_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True, slots=True)
class Running:
    """The demo's addresses and folder."""

    url: str
    place: Place
    serve: Callable[[], None]


@contextmanager
def demo(port: int, tell: Callable[[str], None]) -> Generator[Running]:
    """A fleet to look at; nothing of it is left afterwards, and nothing else was touched."""
    folder = Path(tempfile.mkdtemp(prefix="custodian-demo-")).resolve()
    # (what runs git here must not be led astray by what its user has set up for themselves)
    before = {name: os.environ.get(name) for name in _GIT}
    os.environ.update(_GIT)
    try:
        with _forge(folder) as (forge, url):
            place = Place(folder, url, _token(forge))
            settings = place.settings(HOSTS[0])
            with (
                closing(open_store(settings)) as hub,
                listener.listening("127.0.0.1", port) as listening,
            ):
                Fleet(place, hub, forge).build(tell)
                app = create_app(hub, settings=settings, loopback=True)
                here = listener.url("127.0.0.1", listening)
                yield Running(here, place, lambda: listener.run(app, listening))
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


def _token(forge: DemoForge) -> str:
    forge.add_person("ada")
    forge.add_org(ORG, "ada")
    return forge.add_token("ada")


@contextmanager
def _forge(folder: Path) -> Generator[tuple[DemoForge, str]]:
    """A small forge on a free port of this machine, whose repos can be cloned and pushed to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        forge = DemoForge(root_url=url)
        git = GitOverHttp(folder / "remotes", os.environ).answer
        app = Starlette(
            routes=[
                *forge_app(forge).routes,
                *forge_pages(forge),
                Route("/{owner}/{name}/{rest:path}", git, methods=["GET", "POST"]),
            ]
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield forge, url
        finally:
            server.should_exit = True
            thread.join(5)
