// A client of the TypeScript SDK does what its words say, and prints what it was told as JSON.
//   node typescript.mjs sdk|client [URL]      the older SDK or the newer, over HTTP or stdio
import { Client } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as Old } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as OldHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [kind, url] = process.argv.slice(2);
const me = { name: "typescript", version: "1" };
const old = kind === "sdk";
const client = old ? new Old(me) : new Client(me, { versionNegotiation: { mode: "auto" } });
const program = { command: "custodian-mcp", env: process.env };
const Stdio = old ? OldStdio : StdioClientTransport;
const Http = old ? OldHttp : StreamableHTTPClientTransport;

await client.connect(url ? new Http(new URL(url)) : new Stdio(program));

// What arrives is listened to at the transport: where an answer comes in the same piece, these
// clients forget who wanted to hear of its progress before they tell it.
const heard = [];
const { onmessage } = client.transport;
client.transport.onmessage = (message, extra) => {
  const { method, params } = message;
  if (method === "notifications/progress") heard.push([params.progress, params.total]);
  onmessage(message, extra);
};
const onprogress = () => {};
const check = { name: "check_consistency", arguments: { repos: ["docs"] } };
const told = {
  version: client.getNegotiatedProtocolVersion?.() ?? client.transport.protocolVersion ?? null,
  instructions: client.getInstructions(),
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  prompts: (await client.listPrompts()).prompts.map((prompt) => prompt.name),
  checked: old
    ? await client.callTool(check, undefined, { onprogress })
    : await client.callTool(check, { onprogress }),
  refused: await client.callTool({ name: "get_task", arguments: { task: "NO-WP-0001-T01" } }),
  heard,
};
await client.close();
console.log(JSON.stringify(told));
