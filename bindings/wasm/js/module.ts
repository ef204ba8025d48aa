// The compiled modules: from the folder of this file, or from the caller.

import { BallottaError, invalid } from './errors.js';
import type { CompiledModule, HttpResponse, Url } from './platform.js';

/** The source of a module: `ballotta.wasm`, `light.wasm` or `verify.wasm`. */
export type WasmSource = string | Url | HttpResponse | PromiseLike<HttpResponse> | Uint8Array | ArrayBuffer | CompiledModule;

/** The shortest module: a header without sections. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

interface NodeProcess {
  getBuiltinModule?(name: 'node:fs/promises'): { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> };
}

/** Compiles the module that voters load. */
export function compile(source: WasmSource = new URL('./ballotta.wasm', import.meta.url)): Promise<CompiledModule> {
  return compiled('ballotta.wasm', source);
}

/** Compiles the module that reads an election in small parts. */
export function compileLight(source: WasmSource = new URL('./light.wasm', import.meta.url)): Promise<CompiledModule> {
  return compiled('light.wasm', source);
}

/** Compiles the module that verifies. */
export function compileVerifier(source: WasmSource = new URL('./verify.wasm', import.meta.url)): Promise<CompiledModule> {
  return compiled('verify.wasm', source);
}

/**
 * Throws an error if WebAssembly is not there, or is refused. Browsers give a refusal of the content security policy the
 * same type of error as a broken module, so the shortest module is compiled.
 */
async function allowed(): Promise<void> {
  if (typeof WebAssembly === 'undefined') {
    throw new BallottaError('no-webassembly', 'this browser has no WebAssembly: it is too old, or WebAssembly is switched off');
  }
  try {
    await WebAssembly.compile(EMPTY);
  } catch (cause) {
    const policy = "the content security policy needs 'wasm-unsafe-eval' in script-src";
    throw new BallottaError('no-webassembly', `this page may not use WebAssembly: ${policy}, or the browser refuses it`, '', { cause });
  }
}

async function compiled(name: string, source: WasmSource): Promise<WebAssembly.Module> {
  await allowed();
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
    throw new BallottaError('network', `${name} cannot be read`, name, { cause: error });
  }
}
