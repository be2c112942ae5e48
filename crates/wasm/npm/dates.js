// Times are seconds since 1970 in the module and in the key worker, and `Date` in the package's API.

/** @param {Date} date */
export function toSeconds(date) {
  return Math.floor(date.getTime() / 1000);
}

/** @param {number} seconds */
export function toDate(seconds) {
  return new Date(seconds * 1000);
}

/**
 * @template {{ notBefore: number, notAfter: number }} T
 * @param {T} certificate
 * @returns {Omit<T, "notBefore" | "notAfter"> & { notBefore: Date, notAfter: Date }}
 */
export function withDates(certificate) {
  return { ...certificate, notBefore: toDate(certificate.notBefore), notAfter: toDate(certificate.notAfter) };
}
