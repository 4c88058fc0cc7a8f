"""MCP Apps (`io.modelcontextprotocol/ui`): who knows them shows the page, others miss nothing."""

from mcp.server.apps import Apps, ResourceCsp

from . import HEALTH
from .page import page


def chat_pages() -> Apps:
    """The pages that tools name in what they tell of themselves."""
    apps = Apps()
    nothing = ResourceCsp(
        connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[]
    )
    apps.add_html_resource(
        HEALTH,
        page(),
        name="health",
        title="Repo Sync Health",
        description="The fleet's health beside the chat: what list_repos answers, to be looked at",
        csp=nothing,
        prefers_border=True,
    )
    return apps
