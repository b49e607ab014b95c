/**
 * The small server behind the lab and the command line: it serves the built page, and single files of the machine under
 * addresses that cannot be guessed, to this machine alone, and takes files that the page hands back. Cross-origin
 * isolated, so that workers get shared memory and precise clocks.
 */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { LesionError } from "../core/errors.ts";
import type { FilePart } from "./write-whole.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Accept-Ranges": "bytes",
  "Cache-Control": "no-cache",
};

/** Takes a file, or a part of one, as it arrives; the page is answered once this settles. */
export type Receiver = (name: string, body: Readable, part: FilePart | undefined) => Promise<void>;

/** A running server. Disposing closes it and every connection. */
export interface LabServer extends AsyncDisposable {
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  /** Gives one file an address of its own, until the server closes. */
  share(path: string): string;
  /** Makes an address below which the page can PUT files, each under its name, until the server closes. */
  receive(take: Receiver): string;
}

/** What the server answers with besides the lab itself, by token. */
interface Tokens {
  readonly shared: Map<string, string>;
  readonly receivers: Map<string, Receiver>;
}

/**
 * Serves the folder `root` on 127.0.0.1; `port` 0 takes a free one. Throws `not-found` where the folder holds no
 * index.html, `usage` where the port is taken.
 */
export async function startServer(root: string, port = 0): Promise<LabServer> {
  if (!(await isFile(resolve(root, "index.html")))) {
    throw new LesionError("not-found", "the lab has not been built: index.html is missing", {
      where: root,
      fix: "Type: npm run build",
    });
  }
  const tokens: Tokens = { shared: new Map(), receivers: new Map() };
  const server = createServer((request, response) => {
    answer(root, tokens, request, response).catch((cause: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(cause));
    });
  });
  await listen(server, port);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    share: (path) => {
      const token = newToken();
      tokens.shared.set(token, resolve(path));
      return `${origin}/files/${token}/${encodeURIComponent(basename(path))}`;
    },
    receive: (take) => {
      const token = newToken();
      tokens.receivers.set(token, take);
      return `${origin}/files/${token}`;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const newToken = () => randomBytes(16).toString("hex");

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      fail(
        new LesionError("usage", `cannot serve on port ${port}: ${cause.code ?? cause.message}`, {
          fix: "Choose another port with --port N, or leave it out for a free one.",
          cause,
        }),
      );
    });
    server.listen(port, "127.0.0.1", done);
  });
}

async function answer(
  root: string,
  { shared, receivers }: Tokens,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number) => response.writeHead(status, HEADERS).end();
  // Only this machine's own names: a foreign name that resolves to 127.0.0.1 (DNS rebinding) is refused.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "")) return void refuse(403);
  if (request.method === "PUT") {
    const [, token = "", name = ""] = /^\/files\/([0-9a-f]+)\/([^/?]+)$/.exec(request.url ?? "") ?? [];
    const take = receivers.get(token);
    if (take === undefined) return void refuse(404);
    await take(decodeURIComponent(name), request, partOf(request.headers["content-range"]));
    return void response.writeHead(204, HEADERS).end();
  }
  if (request.method !== "GET" && request.method !== "HEAD") return void refuse(405);
  const path = fileOf(root, shared, request.url ?? "/");
  if (path === null || !(await isFile(path))) return void refuse(404);
  const size = (await stat(path)).size;
  const range = rangeOf(request.headers.range, size);
  if (range === "unsatisfiable") {
    return void response.writeHead(416, { ...HEADERS, "Content-Range": `bytes */${size}` }).end();
  }
  response.writeHead(range === null ? 200 : 206, {
    ...HEADERS,
    "Content-Type": CONTENT_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    "Content-Length": range === null ? size : range.end - range.start + 1,
    ...(range === null ? {} : { "Content-Range": `bytes ${range.start}-${range.end}/${size}` }),
  });
  if (request.method === "HEAD" || size === 0) return void response.end();
  const stream = createReadStream(path, range ?? {});
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

/** The file an address names, or null: a shared one by its token, else one inside `root`. */
function fileOf(root: string, shared: ReadonlyMap<string, string>, url: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]!);
  } catch {
    return null;
  }
  if (path.includes("\0")) return null;
  const token = /^\/files\/([^/]+)\/[^/]*$/.exec(path)?.[1];
  if (token !== undefined) return shared.get(token) ?? null;
  const base = resolve(root);
  const found = resolve(base, `.${path.endsWith("/") ? `${path}index.html` : path}`);
  return found.startsWith(base + sep) ? found : null;
}

/** The bytes a Range header asks for (both ends included), null for all. One range only, as browsers ask. */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | null | "unsatisfiable" {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end || start >= size ? "unsatisfiable" : { start, end };
}

/** What a Content-Range header says of a body; undefined: it is the whole. */
function partOf(header: string | undefined): FilePart | undefined {
  const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? "") ?? [];
  return size === undefined ? undefined : { start: Number(start), end: Number(last) + 1, size: Number(size) };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
