// In Node, with the module where the bundler has put it.
import { enroll } from "./enroll.js";

enroll().then(console.log);
