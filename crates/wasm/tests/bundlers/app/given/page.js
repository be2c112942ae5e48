// In a browser, with the module that the subpath names.
import wasm from "kube-enroll/wasm";

import { enroll } from "../enroll.js";
import { show } from "../show.js";

show(enroll(wasm));
