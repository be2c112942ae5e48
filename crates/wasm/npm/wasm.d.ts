import type { InitSource } from "./index.js";

/** The bundler's result for a `.wasm` file, an address, the bytes or the compiled module: `init(source)` takes each. */
declare const source: InitSource;
export default source;
