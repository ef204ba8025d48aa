// The compiled modules: from the folder of this file, or from the caller.

import { BallottaError, invalid } from './errors.js';

/** The source of a module, `ballotta.wasm` or `verify.wasm`. */
export type WasmSource = string | URL | Response | PromiseLike<Response> | Uint8Array | ArrayBuffer | WebAssembly.Module;

interface NodeProcess {
  getBuiltinModule?(name: 'node:fs/promises'): { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> };
}

/** Compiles the module that voters load. */
export function compile(source: WasmSource = new URL('./ballotta.wasm', import.meta.url)): Promise<WebAssembly.Module> {
  return compiled('ballotta.wasm', source);
}

/** Compiles the module that verifies. */
export function compileVerifier(source: WasmSource = new URL('./verify.wasm', import.meta.url)): Promise<WebAssembly.Module> {
  return compiled('verify.wasm', source);
}

async function compiled(name: string, source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  try {
    if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return await WebAssembly.compile(new Uint8Array(source as Uint8Array));
    if (typeof source === 'string' || source instanceof URL) {
      const url = new URL(source, globalThis.location?.href ?? import.meta.url);
      // In Node, `fetch` does not read files.
      const node = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.('node:fs/promises');
      if (url.protocol === 'file:' && node) return await WebAssembly.compile(await node.readFile(url));
      source = await fetch(url, { credentials: 'same-origin' });
    }
    const response = await (source as Response | PromiseLike<Response>);
    if (!(response instanceof Response)) throw invalid('source', 'expected an address, a Response, bytes or a module');
    if (!response.ok) throw new BallottaError('network', `${name}: the server answers ${response.status}`, name);
    // `compileStreaming` is not used, because it requires a media type that many servers do not send.
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof BallottaError) throw error;
    if (error instanceof WebAssembly.CompileError) throw invalid('source', `${name} is not a module of WebAssembly`);
    throw new BallottaError('network', `${name} cannot be read`, name);
  }
}
