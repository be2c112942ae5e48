// In Node, with the module that the subpath names.
import wasm from "kube-enroll/wasm";

import { enroll } from "../enroll.js";

enroll(wasm).then(console.log);
