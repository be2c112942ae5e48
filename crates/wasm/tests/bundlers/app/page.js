// In a browser, with the module where the bundler has put it.
import { enroll } from "./enroll.js";
import { show } from "./show.js";

show(enroll());
