/** Loads the WebAssembly module, once; without an argument from beside the package's own file. */
export default function init(
  source?: WebAssembly.Module | BufferSource | Response | URL | string | Promise<Response>,
): Promise<void>;

/** What every function throws: `code` is stable, `message` is for people. */
export interface KubeEnrollError extends Error {
  name: "KubeEnrollError";
  /** In kebab-case, for example `forbidden-character`, `other-key`, `not-initialized`. */
  code: string;
}

export type Algorithm = "RSA-2048" | "RSA-3072" | "RSA-4096" | "ECDSA-P256" | "ECDSA-P384" | "Ed25519";

/** Who a certificate is for. */
export interface Subject {
  /** CN, the Kubernetes user: 1 to 200 characters. */
  user: string;
  /** O, the Kubernetes groups: up to 64, each once. */
  groups?: string[];
}

/** A PKCS#10 request (RFC 2986) that was parsed and whose signature was checked. */
export interface CertificationRequest {
  /** One block labelled `CERTIFICATE REQUEST`. */
  pem: string;
  user: string;
  groups: string[];
  algorithm: Algorithm;
  /** SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it. */
  fingerprint: string;
}

export interface Certificate {
  user: string;
  groups: string[];
  /** As RFC 4514 writes a name. */
  issuer: string;
  /** Hexadecimal. */
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
}

/** The cluster that a kubeconfig leads to. */
export interface Cluster {
  name: string;
  /** `https://HOST[:PORT][/PATH]` */
  server: string;
  /** Base64 of PEM; left out: the authorities of the system. */
  certificateAuthorityData?: string;
  /** Left out: the host of `server`. */
  tlsServerName?: string;
}

export interface KubeconfigOptions {
  /** The request that was sent, PEM. */
  requestPem: string;
  /**
   * The chain that was issued, leaf first: `status.certificate`, decoded to PEM or not, or the whole object as kubectl
   * prints it in YAML or JSON. What is something else is told by its code, for example `pasted-request`.
   */
  certificatePem: string;
  cluster: Cluster;
  /** The namespace of the context. */
  namespace?: string;
  /** The lifetime that was asked for, in seconds. */
  expirationSeconds: number;
  /** The time that validity is judged by; give the `Date` header of the API server. Default: this machine's clock. */
  now?: Date;
}

/** Where the certificate is not quite what was asked for, in seconds. */
export interface Difference {
  kind: "shorterLifetime" | "longerLifetime";
  askedSeconds: number;
  issuedSeconds: number;
}

export interface Kubeconfig {
  /** The file, with the private key. */
  kubeconfig: Blob;
  /** The same with a sentence in the key's place. */
  preview: string;
  /** The chain as PEM, and nothing around it. */
  certificatePem: string;
  certificate: Certificate;
  differences: Difference[];
}

/** A private key. It stays in the module's memory, and `free()` wipes it. */
export class PrivateKey {
  private constructor();
  /** RSA takes seconds: call it in a worker. Default: RSA-3072. */
  static generate(algorithm?: Algorithm): PrivateKey;
  request(subject: Subject): CertificationRequest;
  /** Checks key, user, groups, usage and validity, and throws rather than write a kubeconfig that cannot work. */
  kubeconfig(options: KubeconfigOptions): Kubeconfig;
  /** PKCS#8, unencrypted. */
  toPkcs8Pem(): string;
  free(): void;
}

export function inspectRequest(pem: string): CertificationRequest;

export function inspectCertificate(pem: string): Certificate & { fingerprint: string };
