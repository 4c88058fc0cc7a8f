"""Coming in and going out, and what this is."""

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response

from custodian_core.errors import BadValue
from custodian_server.hub_api.described import grouped

from . import visitors

if TYPE_CHECKING:
    from .app import View


def show(view: "View") -> Response:
    """The form that asks for a token."""
    return view.page("login.html", next=_inside(view.wanted.get("next", "/")), trouble="")


def enter(view: "View") -> Response:
    """Whoever showed a token that opens something is in."""
    to = _inside(view.form.get("next", "/"))
    token = view.hub.token_of(view.form.get("token", "").strip())
    cookie = visitors.begin(token, view.hub) if token else None
    if cookie is None:
        message = "this token opens nothing here: it was mistyped, revoked, or is another hub's"
        return view.page("login.html", 403, next=to, trouble=message)
    return visitors.remember(RedirectResponse(to, 303), view.request, cookie)


def leave(view: "View") -> Response:
    """The browser forgets who was in."""
    response = RedirectResponse("/", 303)
    response.delete_cookie(visitors.cookie_name(view.request))
    return response


def _inside(to: str) -> str:
    """The address if it lies within the dashboard, else its front page."""
    inside = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if inside else "/"


def about(view: "View") -> Response:
    """What this hub is, what it knows, and how to connect."""
    request = view.request
    here = f"{visitors.scheme(request)}://{request.headers['host']}"
    return view.page("about.html", health=view.hub.health(), here=here)


def docs(view: "View") -> Response:
    """Every route of the API, from its description."""
    api: Any = view.request.app
    return view.page("docs.html", groups=grouped(api.openapi()))


def required(view: "View", name: str, what: str, longest: int = 10_000) -> str:
    """What the form says under that name; nothing at all is refused."""
    said = view.form.get(name, "").strip()
    if not said:
        raise BadValue(what, "say something")
    if len(said) > longest:
        raise BadValue(what, f"it may have {longest:,} characters at most, this has {len(said):,}")
    return said
