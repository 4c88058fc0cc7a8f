"""The page that clients show inside a chat, as the hub itself serves it."""

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response

from custodian_server.chat.page import page, policy
from custodian_server.hub_api.mcp import ServedDesk
from custodian_tools.agent.answers import safe
from custodian_tools.agent.syncing import list_repos

if TYPE_CHECKING:
    from .app import View

#: how many repos it asks for at a time
AT_ONCE = 100


def show(_view: "View") -> Response:
    """The page, which asks the hub for what a chat would hand it."""
    return HTMLResponse(page(), headers={"Content-Security-Policy": policy()})


def repos(view: "View") -> Response:
    """What the tool `list_repos` answers."""
    desk = ServedDesk(Path("/"), store=view.hub, kept=view.settings)
    return JSONResponse(safe(list_repos(desk, limit=AT_ONCE, cursor=view.wanted.get("cursor"))))
