// Serves a folder on a free port of the loopback, compressed, under the policy that pages keep to; prints its address.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const folder = process.argv[2];
const kinds = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const name = normalize(decodeURIComponent(pathname)).replace(/\/$/, "/index.html");
  const head = { "content-security-policy": "default-src 'self'", "cache-control": "max-age=31536000" };
  try {
    const body = gzipSync(await readFile(join(folder, name)));
    const kind = kinds[extname(name)] ?? "application/octet-stream";
    response.writeHead(200, { ...head, "content-type": kind, "content-encoding": "gzip" }).end(body);
  } catch {
    response.writeHead(404, head).end();
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
