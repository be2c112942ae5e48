// The names that the glue of the module brings into the worker's script, for the linter.
type Glue = typeof import("../../crates/wasm/npm/kube_enroll.js");
declare const initSync: Glue["initSync"];
declare const Session: Glue["Session"];
