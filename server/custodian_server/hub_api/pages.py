"""Two plain pages for people: what this is, and every route. They need no script and no network."""

import base64
import hashlib
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from custodian_core.records import Health

from .asking import HubHere
from .guard import NOTHING

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: 0.95em }
pre { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0 }
td { border-top: 1px solid #8884 }
:root { color-scheme: light dark }
"""

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, hub: HubHere) -> HTMLResponse:
    """What this is, whether it is well, how much it knows, and how to connect."""
    rows = [
        ("repos", hub.repos(limit=1).total),
        ("workstreams", hub.workstreams(limit=1).total),
        ("tasks", hub.tasks(limit=1).total),
        ("live claims", len(hub.claims())),
        ("open questions", hub.interventions(limit=1).total),
    ]
    counts = "".join(f"<tr><td>{name}</td><td>{number}</td></tr>" for name, number in rows)
    here = f"{request.url.scheme}://{request.headers['host']}"
    content = f"{_about(hub.health())}<table>{counts}</table>{_connecting(here)}{_LINKS}"
    return _page("Custodian State Hub", content)


_LINKS = """\
<p><a href="/docs">Every route</a>, the same <a href="/openapi.json">as OpenAPI</a>,
<a href="/repos/">the repos as JSON</a>, and <a href="/state/health">the hub's health</a>.</p>"""


def _about(health: Health) -> str:
    return (
        "<p>The State Hub knows every repo, workstream, task, goal and open question, and keeps "
        "them in step with the repos' workplans.</p>"
        f"<p>It is {'well' if health.status == 'ok' else escape(health.status)}: "
        f"Custodian {escape(health.version)}, hub <code>{escape(health.hub_id)}</code>, "
        f"{escape(health.backend)}, schema {health.schema_version}.</p>"
    )


def _connecting(here: str) -> str:
    """How commands and agents come to use the hub at that address."""
    return (
        "<h2>Connect</h2><pre>"
        f"export CUSTODIAN_HUB_URL={escape(here)}\n"
        "custodian register PATH    # manage the repo in a folder\n"
        "custodian status           # the whole fleet on one screen"
        "</pre><p>From another machine, set <code>CUSTODIAN_HUB_TOKEN</code> too: "
        "<code>custodian token create NAME --scope work</code>, run beside the hub, prints one.</p>"
    )


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Every route, from the OpenAPI description."""
    described: dict[str, Any] = request.app.openapi()
    groups: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            groups.setdefault(told["tags"][0], []).append(_row(method, path, told))
    tables = "".join(
        f"<h2>{escape(tag)}</h2><table>{''.join(r)}</table>" for tag, r in groups.items()
    )
    return _page("Routes of the State Hub", f"{_USAGE}{tables}")


_USAGE = """\
<p>Bodies and answers are JSON. Where a token is needed it goes in the header
<code>Authorization: Bearer …</code>. Every error is
<code>{"error": {"code", "message", "details"}}</code>. A write with an
<code>Idempotency-Key</code> may be repeated: it gets the first answer.
<a href="/openapi.json">openapi.json</a> has every field.</p>"""


def _row(method: str, path: str, told: dict[str, Any]) -> str:
    scope: str = told.get("x-custodian-scope", "")
    query = [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]
    words = f"<br><code>?{escape(' '.join(query))}</code>" if query else ""
    return (
        f"<tr><td><code>{escape(method.upper())}</code></td><td><code>{escape(path)}</code>{words}"
        f"</td><td>{escape(told['summary'])}</td><td>{escape(scope)}</td></tr>"
    )


def _page(title: str, content: str) -> HTMLResponse:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
    policy = f"{NOTHING}; style-src 'sha256-{digest}'"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
