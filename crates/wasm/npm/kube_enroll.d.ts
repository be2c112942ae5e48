// The exports that wasm-bindgen writes into kube_enroll.js from `src/js.rs`, for the linter. The package's own types
// are in index.d.ts.
import type {
  Algorithm, Certificate, CertificationRequest, InitSource, Kubeconfig, KubeconfigOptions, Subject,
} from "./index.js";

export default function initialize(options: { module_or_path: InitSource }): Promise<unknown>;

export function initSync(options: { module: WebAssembly.Module | BufferSource }): unknown;

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
