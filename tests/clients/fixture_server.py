"""`custodian serve` with the tools, resources and prompts that the conformance suite asks for.

The application, its guard, its MCP mount and its server are those that are shipped; what stands
here is registered on them, through the same strict tools as Custodian's own.
"""

# The suite asks for what newer revisions took out.
# pyright: reportDeprecated=false, reportPrivateUsage=false

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Resolve, Sample
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.server.mcpserver.resources import FunctionResource
from mcp.types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)

from custodian_core.hub import open_store
from custodian_core.settings import load
from custodian_server import mcp_app
from custodian_server.declaring import StrictTool, strict
from custodian_server.hub_api import create_app, listener

Ctx = Context[Any, Any]
Asked = CallToolResult | InputRequiredResult

#: one red pixel
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8"
    "z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
#: a sound without a sample
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="


def said(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)])


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=contents)


def given(*content: ContentBlock) -> CallToolResult:
    return CallToolResult(content=list(content))


# What a tool can answer with.


def test_simple_text() -> CallToolResult:
    """Answer with a text."""
    return said("This is a simple text response for testing.")


def test_image_content() -> CallToolResult:
    """Answer with a picture."""
    return given(image())


def test_audio_content() -> CallToolResult:
    """Answer with a sound."""
    return given(AudioContent(type="audio", data=WAV, mime_type="audio/wav"))


def test_embedded_resource() -> CallToolResult:
    """Answer with a resource."""
    return given(embedded("test://embedded-resource", "This is an embedded resource content."))


def test_multiple_content_types() -> CallToolResult:
    """Answer with a text, a picture and a resource."""
    data = embedded("test://mixed-content-resource", '{"test":"data"}', "application/json")
    return given(TextContent(type="text", text="Multiple content types test:"), image(), data)


def test_error_handling() -> CallToolResult:
    """Refuse."""
    raise ToolError("This tool intentionally returns an error for testing")


# What a tool can tell while it works.


async def test_tool_with_progress(ctx: Ctx) -> CallToolResult:
    """Tell how far it is."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return said("done")


async def test_tool_with_logging(ctx: Ctx) -> CallToolResult:
    """Tell what it does."""
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(text)
        await anyio.sleep(0.05)
    return said("done")


async def test_logging_tool(ctx: Ctx) -> CallToolResult:
    """Tell something that nobody asked to hear."""
    await ctx.info("unasked")
    return said("done")


async def test_trigger_tool_change(ctx: Ctx) -> CallToolResult:
    """Tell that the tools are others now."""
    await ctx.notify_tools_changed()
    return said("done")


async def test_trigger_prompt_change(ctx: Ctx) -> CallToolResult:
    """Tell that the prompts are others now."""
    await ctx.notify_prompts_changed()
    return said("done")


# What a tool can ask while it works, of clients that have a session.


async def test_sampling(prompt: str, ctx: Ctx) -> CallToolResult:
    """Ask the client's model."""
    answer = await ctx.session.create_message([user(prompt)], max_tokens=100)
    return said(f"LLM response: {answer.content}")


async def elicited(ctx: Ctx, message: str, properties: dict[str, Any]) -> CallToolResult:
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": []}
    answer = await ctx.session.elicit_form(message, schema, ctx.request_id)
    return said(f"User response: action={answer.action}, content={answer.content}")


async def test_elicitation(message: str, ctx: Ctx) -> CallToolResult:
    """Ask the client's user."""
    text = {"type": "string"}
    return await elicited(ctx, message, {"username": text, "email": text})


async def test_elicitation_sep1034_defaults(ctx: Ctx) -> CallToolResult:
    """Ask with an answer of each kind at hand."""
    states = ["active", "inactive", "pending"]
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": states, "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await elicited(ctx, "Who?", properties)


async def test_elicitation_sep1330_enums(ctx: Ctx) -> CallToolResult:
    """Ask for a choice, in each way in which it can be told."""
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"Option {n}"} for n in (1, 2, 3)]
    old = {"enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"]}
    properties = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", **old},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await elicited(ctx, "Which?", properties)


# What a tool can ask of clients that come again with the answer.


def user(text: str) -> SamplingMessage:
    return SamplingMessage(role="user", content=TextContent(type="text", text=text))


def form(message: str, name: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(text: str) -> CreateMessageRequest:
    params = CreateMessageRequestParams(messages=[user(text)], max_tokens=100)
    return CreateMessageRequest(params=params)


def until(ctx: Ctx, state: str | None = None, /, **wanted: InputRequest) -> Asked:
    """Ask until every answer has come, and then be done."""
    answers = ctx.input_responses or {}
    if wanted.keys() - answers.keys():
        return InputRequiredResult(input_requests=dict(wanted), request_state=state)
    told = answers.get("user_name")
    name = (told.content or {}).get("name") if isinstance(told, ElicitResult) else None
    return said(f"Hello, {name}! {ctx.request_state or ''}")


def test_input_required_result_elicitation(ctx: Ctx) -> Asked:
    """Ask the user for a name."""
    return until(ctx, user_name=form("What is your name?", "name"))


def test_input_required_result_sampling(ctx: Ctx) -> Asked:
    """Ask the model."""
    return until(ctx, capital_question=sample("What is the capital of France?"))


def test_input_required_result_list_roots(ctx: Ctx) -> Asked:
    """Ask for the client's folders."""
    return until(ctx, client_roots=ListRootsRequest())


def test_input_required_result_request_state(ctx: Ctx) -> Asked:
    """Ask, and have a state brought back."""
    return until(ctx, "state-ok", confirm=form("Please confirm", "ok", "boolean"))


test_input_required_result_tampered_state = test_input_required_result_request_state


def test_input_required_result_multiple_inputs(ctx: Ctx) -> Asked:
    """Ask three things at once."""
    return until(
        ctx,
        "three",
        user_name=form("What is your name?", "name"),
        greeting=sample("Generate a greeting"),
        client_roots=ListRootsRequest(),
    )


def test_input_required_result_multi_round(ctx: Ctx) -> Asked:
    """Ask one thing, and then another."""
    if ctx.request_state is None:
        return until(ctx, "step 1", step1=form("Step 1: What is your name?", "name"))
    return until(ctx, "step 2", step2=form("Step 2: What is your favorite color?", "color"))


def test_input_required_result_capabilities(ctx: Ctx) -> Asked:
    """Ask only what the client can answer."""
    can = ctx.client_capabilities
    wanted: dict[str, InputRequest] = {}
    if can and can.elicitation:
        wanted["name"] = form("What is your name?", "name")
    if can and can.sampling:
        wanted["greeting"] = sample("Generate a greeting")
    return until(ctx, **wanted)


def anybody() -> Sample:
    return Sample([user("Is anybody there?")], max_tokens=100)


def test_missing_capability(
    answer: Annotated[CreateMessageResult, Resolve(anybody)],
) -> CallToolResult:
    """Ask the model, whether or not the client has one."""
    return said(str(answer.content))


def test_streaming_elicitation(ctx: Ctx) -> Asked:
    """Ask the user."""
    return until(ctx, user_name=form("What is your name?", "name"))


TOOLS: dict[str, Callable[..., Any]] = {
    name: function for name, function in list(globals().items()) if name.startswith("test_")
}


# Resources and prompts.


def static_text() -> str:
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    return bytes.fromhex("89504e470d0a1a0a")


def watched() -> str:
    return "watched"


def template(id: str) -> str:  # noqa: A002 - the suite's own name
    return f'{{"id": "{id}", "templateTest": true}}'


def test_simple_prompt() -> str:
    """Say something."""
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """Say what was given."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:  # noqa: N803
    """Show a resource."""
    shown = embedded(resourceUri, "Embedded resource content for testing.")
    return [UserMessage(shown), UserMessage("Please process the embedded resource above.")]


def test_prompt_with_image() -> list[UserMessage]:
    """Show a picture."""
    return [UserMessage(image()), UserMessage("Please analyze the image above.")]


def test_input_required_result_prompt(ctx: Ctx) -> Any:
    """Ask for what the prompt needs."""
    if not ctx.input_responses:
        asked = form("What context should the prompt use?", "context")
        return InputRequiredResult(input_requests={"user_context": asked})
    return f"In the context of {ctx.input_responses}"


PROMPTS = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
    test_input_required_result_prompt,
)


async def accepted(_ctx: Any, _params: Any) -> EmptyResult:
    return EmptyResult()


def furnished(server: MCPServer) -> MCPServer:
    """The server, with all of this registered on it."""
    for uri, read, mime_type in (
        ("test://static-text", static_text, "text/plain"),
        ("test://static-binary", static_binary, "image/png"),
        ("test://watched-resource", watched, "text/plain"),
    ):
        server.add_resource(FunctionResource.from_function(read, uri, mime_type=mime_type))
    server.resource("test://template/{id}/data", mime_type="application/json")(template)
    for function in PROMPTS:
        server.add_prompt(Prompt.from_function(function))
    # The SDK's server has no door of its own for what the revision of 2026 took out.
    lowlevel = server._lowlevel_server
    lowlevel.add_request_handler("logging/setLevel", SetLevelRequestParams, accepted)
    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, accepted)
    lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, accepted)
    return server


def main(port: int) -> None:
    """Serve the hub of these settings, furnished, until a signal comes."""
    settings = load(os.environ, Path())
    shipped = mcp_app.build
    tools = [strict(StrictTool.from_function(tool, name)) for name, tool in TOOLS.items()]

    def build(*words: Any, **more: Any) -> MCPServer:
        return furnished(shipped(*words, tools=tools, **more))

    mcp_app.build = build
    store = open_store(settings)
    app = create_app(store, settings=settings, loopback=True)
    with listener.listening("127.0.0.1", port) as listening:
        print(listener.url("127.0.0.1", listening), flush=True)  # noqa: T201
        listener.run(app, listening)


if __name__ == "__main__":
    main(int(sys.argv[1]))
