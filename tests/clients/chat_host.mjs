// A chat that shows one page: the official AppBridge, which hosts of MCP Apps are built of, between
// a server over stdio and a browser that frames the page as the extension says.
//   node chat_host.mjs '{"theme": "dark"}' [words of list_repos, as JSON]
import { createServer } from "node:http";
import { AppBridge } from "@modelcontextprotocol/ext-apps/app-bridge";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [context, words] = process.argv.slice(2, 4).map((said) => JSON.parse(said));
const me = { name: "chat", version: "1" };
const kind = "text/html;profile=mcp-app";
const extensions = { "io.modelcontextprotocol/ui": { mimeTypes: [kind] } };
const client = new Client(me, { capabilities: { extensions }, versionNegotiation: { mode: "auto" } });
await client.connect(new StdioClientTransport({ command: "custodian-mcp", env: process.env }));

const { tools } = await client.listTools();
const tool = tools.find(({ name }) => name === "list_repos");
const { contents: [page] } = await client.readResource({ uri: tool._meta.ui.resourceUri });
const answer = await client.callTool({ name: tool.name, arguments: words });

// What the extension has hosts allow a page that declares these domains.
const { connectDomains, resourceDomains, frameDomains, baseUriDomains } = page._meta.ui.csp;
const only = (domains, always = "") => `${always} ${domains.join(" ")}`.trim() || "'none'";
const policy = [
  "default-src 'none'",
  `script-src ${only(resourceDomains, "'unsafe-inline'")}`,
  `style-src ${only(resourceDomains, "'unsafe-inline'")}`,
  `img-src ${only(resourceDomains, "data:")}`,
  `connect-src ${only(connectDomains)}`,
  `frame-src ${only(frameDomains)}`,
  `base-uri ${only(baseUriDomains)}`,
].join("; ");

// The bridge speaks with the browser in lines: events one way, posts the other.
let browser = null;
const unsent = [];
const transport = {
  async start() {},
  async close() {},
  async send(message) {
    unsent.push(`data: ${JSON.stringify(message)}\n\n`);
    while (browser && unsent.length) browser.write(unsent.shift());
  },
};
const facts = { kind: page.mimeType, view: null, sizes: [], told: [] };
const capabilities = { serverTools: {}, updateModelContext: { text: {} } };
const bridge = new AppBridge(client, me, capabilities, { hostContext: context });
bridge.oninitialized = async () => {
  facts.view = { ...bridge.getAppVersion(), ...bridge.getAppCapabilities() };
  await bridge.sendToolInput({ arguments: words });
  await bridge.sendToolResult(answer);
};
bridge.onsizechange = (size) => facts.sizes.push(size);
bridge.onupdatemodelcontext = async ({ content }) => (facts.told.push(content[0].text), {});
await bridge.connect(transport);

const paper = context.theme === "dark" ? "#1c2125" : "#ffffff";
const chat = `<!doctype html><meta charset="utf-8"><title>A chat</title>
<meta name="color-scheme" content="${context.theme ?? "light"}">
<style>body { margin: 0; background: ${paper} } iframe { width: 100%; height: 500px; border: 0 }</style>
<iframe title="page" sandbox="allow-scripts"></iframe>
<script>
  const frame = document.querySelector("iframe");
  let before = Promise.resolve();
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    before = before.then(() => fetch("/heard", { method: "POST", body: JSON.stringify(data) }));
  });
  const said = new EventSource("/said");
  said.onmessage = ({ data }) => frame.contentWindow.postMessage(JSON.parse(data), "*");
  said.onopen = () => { frame.src = "/view"; };
</script>`;

async function body(request) {
  let said = "";
  for await (const part of request) said += part;
  return JSON.parse(said || "{}");
}

const html = { "Content-Type": "text/html; charset=utf-8" };
const routes = {
  "/": async () => [chat, html],
  "/view": async () => [page.text, { ...html, "Content-Security-Policy": policy }],
  "/heard": async (request) => (transport.onmessage(await body(request)), [""]),
  "/context": async (request) => (bridge.setHostContext(await body(request)), [""]),
  "/teardown": async () => [JSON.stringify(await bridge.teardownResource({}))],
  "/facts": async () => [JSON.stringify(facts)],
  "/favicon.ico": async () => [""],
};
const server = createServer(async (request, response) => {
  if (request.url === "/said") {
    browser = response.writeHead(200, { "Content-Type": "text/event-stream" });
    browser.write(":\n\n");
    return;
  }
  const [text, headers = {}] = await routes[request.url](request);
  response.writeHead(200, headers).end(text);
});
server.listen(0, "127.0.0.1", () => console.log(`chat at http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", async () => {
  await client.close();
  process.exit(0);
});
