// Modules that the package's files import and that TypeScript knows nothing of, for the linter.
declare module "node:fs/promises" {
  export function readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
}

declare module "*.wasm" {
  /** As workerd imports it. */
  const module: WebAssembly.Module;
  export default module;
}
