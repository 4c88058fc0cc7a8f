"""A stand-in of the Messages API on loopback: it keeps to a script, and keeps what it is asked."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """What the model knows: what it was asked, and what its tools have answered, JSON as JSON."""

    prompt: str
    heard: list[Any]


Block = dict[str, Any]
#: what the model does next, in any case or by what it has seen
Turn = Block | Callable[[Seen], Block]


def use(name: str, **arguments: Any) -> Block:
    """The model calls a tool."""
    return {"type": "tool_use", "name": name, "input": arguments}


def say(text: str) -> Block:
    """The model says something, and with that its turn ends."""
    return {"type": "text", "text": text}


@dataclass
class MessagesApi:
    """A model that keeps to its script, whoever asks."""

    turns: tuple[Turn, ...]
    url: str = ""
    #: the bodies of all requests, as they came
    asked: list[str] = field(default_factory=list[str])

    @property
    def conversations(self) -> list[dict[str, Any]]:
        """The requests of the agent itself; a client asks for titles and the like beside them."""
        return [body for body in map(json.loads, self.asked) if body.get("tools")]

    @property
    def seen(self) -> Seen:
        """What the model knows at the end."""
        return seen(self.conversations[-1]["messages"])

    def answer(self, body: dict[str, Any]) -> Block:
        """What the model does at this point of its script."""
        if not body.get("tools"):
            return say("{}")
        at = sum(message["role"] == "assistant" for message in body["messages"])
        turn = self.turns[at] if at < len(self.turns) else say("Done.")
        return turn(seen(body["messages"])) if callable(turn) else turn


def seen(messages: list[dict[str, Any]]) -> Seen:
    """What these messages tell the model."""
    blocks = [block for each in messages if each["role"] == "user" for block in _blocks(each)]
    prompt = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    heard = [_read(block["content"]) for block in blocks if block["type"] == "tool_result"]
    return Seen(prompt, heard)


def _blocks(message: dict[str, Any]) -> list[Block]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _read(content: Any) -> Any:
    parts = [{"text": content}] if isinstance(content, str) else content
    text = "".join(part.get("text", "") for part in parts)
    try:
        return json.loads(text)
    except ValueError:
        return text


def events(body: dict[str, Any], block: Block, number: int) -> Iterator[dict[str, Any]]:
    """One message of one block, as the API streams it."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"]}
    empty: dict[str, Any] = {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    calls = block["type"] == "tool_use"
    if calls:
        begun: dict[str, Any] = block | {"id": f"toolu_{number}", "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        begun, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
    end = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
    yield {"type": "message_start", "message": head | empty}
    yield {"type": "content_block_start", "index": 0, "content_block": begun}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": end, "usage": usage}
    yield {"type": "message_stop"}


@contextmanager
def messages_api(*turns: Turn) -> Generator[MessagesApi]:
    """The stand-in with that script, listening on loopback."""
    api = MessagesApi(turns)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            api.asked.append(text)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            body = json.loads(text)
            for event in events(body, api.answer(body), len(api.asked)):
                line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
                self.wfile.write(line.encode())

        def log_message(self, format: str, *_words: Any) -> None:  # noqa: A002 - the base's name
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield api
        finally:
            server.shutdown()
            serving.join()
