"""Plain functions declared as MCP tools: strict about what is given, slim in what is told."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field, ValidationError

from custodian_core.errors import CustodianError
from custodian_tools.agent.answers import advice, bounded, safe
from custodian_tools.agent.desk import Desk, Longest, Progress, Range

from .choosing import Toolset
from .later import loaded

#: how long an answer may be: clients cut what is longer, and a model reads none of it with profit
LONGEST = 45_000
#: how long a name may be that an agent gives, and how many things it may name at once
LONGEST_NAME, MOST_ITEMS = 1_000, 500
#: what no model needs to read in every session; bounds are told to whoever breaks them
UNTOLD = ("title", "$defs", "maxLength", "maxItems")


@dataclass(frozen=True, slots=True)
class Declared:
    """A function, and what clients are told of it beside its own words."""

    function: Callable[..., dict[str, Any]]
    toolset: Toolset
    title: str
    writes: bool = False
    #: asked again with the same words, it changes nothing more
    idempotent: bool = False
    #: it speaks to remotes
    open_world: bool = False
    #: names that older clients know it by
    aliases: tuple[str, ...] = field(default=())
    #: the page on which clients that can show pages show its answers
    page: str | None = None

    @property
    def name(self) -> str:
        """What clients call it."""
        return self.function.__name__

    @property
    def annotations(self) -> ToolAnnotations:
        """What a client may ask its user about."""
        return ToolAnnotations(
            read_only_hint=not self.writes,
            destructive_hint=False,
            idempotent_hint=self.idempotent or not self.writes,
            open_world_hint=self.open_world,
        )


class StrictTool(Tool):
    """A tool that says in plain words which argument it cannot take."""

    async def run(
        self, arguments: dict[str, Any], context: Any, convert_result: bool = False
    ) -> Any:
        """The tool's answer, once its arguments are what it takes."""
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            raise ToolError(_reworded(self, error)) from None
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError as fault:
            told = "failed by a fault of Custodian's own, which its log tells; what it writes is"
            again = "whole or not at all, so look before you call it again, or ask a person"
            raise UnexpectedToolError(f"{self.name} {told} {again}") from fault.__cause__
        except ToolError as refused:
            # the words alone: the SDK puts the tool's name before them
            raise ToolError(str(refused.__cause__ or refused)) from None


def tool_of(declared: Declared, desk: Desk, name: str | None = None) -> Tool:
    """The declared function as a tool of that desk."""
    function = loaded(declared.function)
    tool = StrictTool.from_function(
        _called(function, desk),
        name=name or declared.name,
        title=declared.title,
        description=inspect.getdoc(function) or "",
        annotations=declared.annotations,
        meta={"ui": {"resourceUri": declared.page}} if declared.page else None,
    )
    return strict(tool)


def strict(tool: Tool) -> Tool:
    """The tool, whose schema is slim and says that no other argument is taken."""
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = slim(arguments.model_json_schema(by_alias=True))
    return tool


def _called(function: Callable[..., dict[str, Any]], desk: Desk) -> Callable[..., Any]:
    """The function with the desk put in, progress told, and errors in words."""
    hints = get_type_hints(function, include_extras=True)
    wants_progress = "progress" in hints
    told = {
        name: _spelled(hint)
        for name, hint in hints.items()
        if name not in ("desk", "progress", "return")
    }

    def call(ctx: Context[Any, Any], **arguments: Any) -> dict[str, Any]:
        if wants_progress:
            arguments["progress"] = _progress(ctx)
        try:
            answer = bounded(safe(function(desk, **arguments)), LONGEST)
        except CustodianError as error:
            raise ToolError(advice(error)) from error
        return answer

    parameters = [
        parameter.replace(annotation=told[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if name in told
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=Context[Any, Any])
    by_name = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    call.__name__ = function.__name__
    call.__doc__ = function.__doc__
    call.__annotations__ = {**told, "ctx": Context[Any, Any], "return": dict[str, Any]}
    # the SDK reads the tool's arguments from it
    vars(call)["__signature__"] = inspect.Signature(
        [*by_name, context], return_annotation=dict[str, Any]
    )
    return call


def _spelled(hint: Any) -> Any:
    """The type with its words and bounds as pydantic knows them."""
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    said: dict[str, Any] = {}
    longest = LONGEST_NAME
    for note in notes:
        if isinstance(note, Range):
            said |= {"ge": note.least, "le": note.most}
        elif isinstance(note, Longest):
            longest = note.most
        elif isinstance(note, str):
            said["description"] = note
    return Annotated[_short(kind, longest), Field(**said)]


def _short(kind: Any, longest: int) -> Any:
    """The type, of which no text is longer than that, and no list longer than any needs to be."""
    if kind is str:
        return Annotated[str, Field(max_length=longest)]
    if get_origin(kind) is list:
        items = GenericAlias(list, (_short(get_args(kind)[0], longest),))
        return Annotated[items, Field(max_length=MOST_ITEMS)]
    if get_origin(kind) is UnionType:
        return Union[tuple(_short(each, longest) for each in get_args(kind))]  # noqa: UP007
    return kind


def _progress(ctx: Context[Any, Any]) -> Progress:
    """How a tool in its own thread tells how far it is."""

    def tell(done: float, total: float, message: str) -> None:
        # Where the client has gone on without us, what is at work ends whole and no more begins.
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run(ctx.report_progress, done, total, message)

    return tell


def _reworded(tool: Tool, error: ValidationError) -> str:
    """What is wrong with the arguments, each in one clause, and which there are."""
    rows = [_clause(each) for each in error.errors(include_url=False, include_context=False)]
    known = ", ".join(tool.parameters.get("properties", {})) or "none"
    return f"{tool.name}: {'; '.join(rows)}. Its arguments are: {known}"


def _clause(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"there is no argument '{where}'"
    if error["type"] == "missing":
        return f"'{where}' is missing"
    return f"'{where}': {error['msg'][0].lower()}{error['msg'][1:]}"


def slim(schema: Any) -> Any:
    """The schema without titles, references, and nulls of what may be left out."""
    return _slim(schema, schema.get("$defs", {}))


def _slim(schema: Any, shared: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_slim(each, shared) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    said: dict[str, Any] = dict(schema)  # pyright: ignore[reportUnknownArgumentType]
    if "$ref" in said:
        said |= shared[said.pop("$ref").rpartition("/")[2]]
    kinds = [each for each in said.pop("anyOf", []) if each != {"type": "null"}]
    if len(kinds) == 1:
        said = {**_slim(kinds[0], shared), **said}
    elif kinds:
        said["anyOf"] = kinds
    if said.get("default", ...) is None:
        del said["default"]
    properties = said.pop("properties", None)
    for name in (*UNTOLD, "description") if "enum" in said else UNTOLD:
        if name != "description" or "." in str(said.get(name, "")):
            said.pop(name, None)
    slimmed = {name: _slim(each, shared) for name, each in said.items()}
    if properties is not None:
        slimmed["properties"] = {name: _slim(each, shared) for name, each in properties.items()}
    return slimmed
