// In workerd, with the module that was compiled when the worker was loaded.
import { enroll } from "./enroll.js";

export default {
  async fetch() {
    return new Response(await enroll());
  },
};
