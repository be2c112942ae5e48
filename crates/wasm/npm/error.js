/**
 * Makes an error as the module throws them, for what is refused before the module is asked.
 * @param {string} code
 * @param {string} message
 * @returns {import("./index.js").KubeEnrollError}
 */
export function kubeEnrollError(code, message) {
  return Object.assign(new Error(message), { name: /** @type {const} */ ("KubeEnrollError"), code });
}
