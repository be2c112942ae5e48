// What wasm-bindgen writes into kube_enroll.js from `src/js.rs`, for the linter. The package's own types are in
// index.d.ts.
import type { Algorithm, Certificate, CertificationRequest, Kubeconfig, KubeconfigOptions, Subject } from "./index.js";

export default function initialize(options: {
  module_or_path: WebAssembly.Module | BufferSource | Response | URL | string | Promise<Response>;
}): Promise<unknown>;

export function initSync(options: { module: WebAssembly.Module | BufferSource }): unknown;

/** A record as it is stored, but for its progress. */
export interface SealedRecord {
  version: number;
  id: string;
  /** The exact JSON text that is bound to the key. */
  details: string;
  sealed: Uint8Array<ArrayBuffer>;
  wrap?: Wrap;
}

/** The data key of a record, wrapped. */
export interface Wrap {
  /** `passphrase`, with the parameters of Argon2id; or `browser`, with a key of the browser's. */
  kind: string;
  wrapped: Uint8Array<ArrayBuffer>;
  memoryKib?: number;
  iterations?: number;
  salt?: Uint8Array;
  key?: CryptoKey;
}

/** A command or a reply of the crate `protocol`. */
type Message = any;

export class Session {
  constructor();
  handle(command: Message, record?: SealedRecord, dataKey?: Uint8Array): Message;
  holds(id: string): boolean;
  /** With `dataKey` in the place of `wrap` where there is no passphrase. */
  seal(details: string, passphrase?: string | null): SealedRecord & { dataKey?: Uint8Array<ArrayBuffer> };
  stored(id: string): void;
  release(): void;
  delete(id: string): void;
}

/** Times are seconds since 1970. */
type InSeconds<T> = Omit<T, "notBefore" | "notAfter"> & { notBefore: number; notAfter: number };

export class PrivateKey {
  private constructor();
  static generate(algorithm: Algorithm): PrivateKey;
  request(subject: Subject): CertificationRequest;
  kubeconfig(
    options: Omit<KubeconfigOptions, "now"> & { now: number },
  ): Omit<Kubeconfig, "certificate"> & { certificate: InSeconds<Certificate> };
  toPkcs8Pem(): string;
  free(): void;
}

export function inspectRequest(pem: string): CertificationRequest;

export function inspectCertificate(pem: string): InSeconds<Certificate & { fingerprint: string }>;
