// The pages, the record and the ballot box on one server of this machine, with the policy that a real one would send.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.json': 'application/json' };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves folders by prefix. `files` are generated files; `post` receives what is posted. `slow` makes the server as slow as one
 * behind a connection: `latency` milliseconds for an answer, and as much again for each new connection, and `bits` per second
 * for all answers together.
 */
export async function serve({ folders, files = {}, post, slow }) {
  const asked = [];
  const answered = [];
  const known = new WeakSet();
  let line = Promise.resolve();
  const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const waits = async (socket, length) => {
    await after(known.has(socket) ? slow.latency : 2 * slow.latency);
    known.add(socket);
    // Answers share the connection.
    line = line.then(() => after((8000 * length) / slow.bits));
    await line;
  };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://server').pathname);
    asked.push(path);
    const at = performance.now();
    const headers = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' };
    const end = async (status, body = '', type = 'text/plain') => {
      if (slow) await waits(request.socket, body.length);
      answered.push({ path, length: body.length, at });
      return response.writeHead(status, { ...headers, 'content-type': type }).end(body);
    };
    try {
      if (request.method === 'POST') {
        let body = '';
        for await (const part of request) body += part;
        const status = await post?.(path, body);
        // Breaks the connection.
        if (status === null) return request.socket.destroy();
        if (status === 302) response.setHeader('location', '/');
        return end(status ?? 404);
      }
      const type = (path) => TYPES[extname(path)] ?? 'application/octet-stream';
      if (Object.hasOwn(files, path)) return end(200, await files[path](), type(path));
      const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
      const relative = normalize(path.slice(prefix?.length ?? 0) || 'index.html');
      if (prefix === undefined || relative.startsWith('..')) return end(404);
      const file = await readFile(join(folders[prefix], relative));
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      if (range === null) return end(200, file, type(relative));
      const part = file.subarray(Number(range[1]), Number(range[2]) + 1);
      return end(part.length > 0 ? 206 : 416, part, type(relative));
    } catch {
      return end(404);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return { origin: `http://127.0.0.1:${port}`, asked, answered, close: () => new Promise((resolve) => server.close(resolve)) };
}

