// What every bundle does with the package.
import init, { PrivateKey } from "kube-enroll";

/** Makes a key, and returns its request. `source` is for bundlers that do not find the module. */
export async function enroll(source) {
  await init(source);
  const key = PrivateKey.generate("Ed25519");
  const { pem } = key.request({ user: "jane", groups: ["developers"] });
  key.free();
  return pem;
}
