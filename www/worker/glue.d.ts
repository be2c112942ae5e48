// What wasm-bindgen writes around the module of crates/worker, in the script of which bootstrap.js is the end.

declare function initSync(options: { module: WebAssembly.Module }): unknown;

/** Takes the worker's messages from now on. `name` is the worker's, as frame.html gives it. */
declare function start(name: string): void;
