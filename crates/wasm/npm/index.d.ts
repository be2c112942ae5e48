/// <reference lib="esnext.disposable" />

declare global {
  namespace WebAssembly {
    /** As the DOM's types have it, for projects that are without those. */
    interface Module {}
  }
}

/**
 * Loads the WebAssembly module, once. Without an argument, the file of the package is loaded: in a browser from the
 * address that the bundler gave it, in Node from the disk, in workerd as an import.
 */
export default function init(source?: InitSource | Promise<InitSource>): Promise<void>;

/** The module, compiled or not, or its address. */
export type InitSource = WebAssembly.Module | ArrayBuffer | ArrayBufferView | Response | URL | string;

/** The error of everything that is refused. `init` also rejects with the environment's own errors. */
export interface KubeEnrollError extends Error {
  name: "KubeEnrollError";
  /** For programs, and stable; for example `forbidden-character`, `other-key`, `not-initialized`. */
  code: string;
}

export type Algorithm = "RSA-2048" | "RSA-3072" | "RSA-4096" | "ECDSA-P256" | "ECDSA-P384" | "Ed25519";

/** The subject of a certificate. */
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
  /** `http://`, `https://` or `socks5://` with `HOST[:PORT]`. Left out: what the person's system says. */
  proxyUrl?: string;
  /** Base64 of PEM of the authorities that sign client certificates. Left out: the issuer is not checked. */
  clientCertificateAuthorityData?: string;
}

export interface KubeconfigOptions {
  /** The request that was sent, PEM. */
  requestPem: string;
  /**
   * The chain that was issued, leaf first: `status.certificate`, decoded to PEM or not, or the whole object as kubectl
   * prints it in YAML or JSON. The code of the error names anything else, for example `pasted-request`.
   */
  certificatePem: string;
  cluster: Cluster;
  /** The namespace of the context. */
  namespace?: string;
  /** The requested lifetime, in seconds. */
  expirationSeconds: number;
  /** The time that validity is checked against, best the API server's `Date` header. Default: this machine's clock. */
  now?: Date;
}

/** A difference between the requested lifetime and the issued one. The certificate is usable all the same. */
export interface Difference {
  kind: "shorterLifetime" | "longerLifetime";
  askedSeconds: number;
  issuedSeconds: number;
}

/** A change of the cluster since a key was stored. */
export interface ClusterChange {
  /** The cluster as it was stored with the key. */
  before: Cluster;
  /** SHA-256 of each certificate authority that was not in it, as `openssl x509 -fingerprint -sha256` prints it. */
  newAuthorities: string[];
}

/** An issued and checked certificate. */
export interface Assembled {
  /** The kubeconfig, with a sentence in the key's place. */
  preview: string;
  /** The chain as PEM, and nothing around it. */
  certificatePem: string;
  certificate: Certificate;
  differences: Difference[];
}

export interface Kubeconfig extends Assembled {
  /** The file, with the private key. */
  kubeconfig: Blob;
}

/** A private key in the module's memory. `free()` wipes it, as does the end of a `using` block. */
export class PrivateKey {
  private constructor();
  /** RSA takes seconds: call it in a worker. Default: RSA-3072. */
  static generate(algorithm?: Algorithm): PrivateKey;
  request(subject: Subject): CertificationRequest;
  /** Checks key, user, groups, usage and validity, and throws rather than write a kubeconfig that cannot work. */
  kubeconfig(options: KubeconfigOptions): Kubeconfig;
  /** PKCS#8, unencrypted. */
  toPkcs8Pem(): string;
  /** Wipes the key. Every later use throws `freed`. */
  free(): void;
  /** `free()`. Missing where the browser has no `Symbol.dispose`. */
  [Symbol.dispose](): void;
}

export function inspectRequest(pem: string): CertificationRequest;

export function inspectCertificate(pem: string): Certificate & { fingerprint: string };

/**
 * Starts a key worker: private keys in a Web Worker without network access, and enrollments in the browser's storage.
 * Only in a page; in Node and in workerd it rejects with `not-supported`. The README lists the policies that it needs.
 */
export function openKeyWorker(options?: KeyWorkerOptions): Promise<KeyWorker>;

export interface KeyWorkerOptions {
  /**
   * The address of a copy of the package's folder `worker` on the page's own origin. Default: the folder beside the
   * package's files, where a bundler does not put it.
   */
  base?: URL | string;
  /** Called when another tab has changed the storage, or this tab's lease has changed. */
  onChanged?: (listing: Listing) => void;
}

/**
 * A key worker. It executes commands one after the other, and a command that fails changes nothing of what it holds. A
 * promise rejects with `key-worker-panicked` if the worker has panicked, and with `key-worker-closed` after `close()`.
 */
export interface KeyWorker {
  /** Makes a key and a request; the key replaces any earlier one. Default: RSA-3072. */
  generate(subject: Subject & { algorithm?: Algorithm }): Promise<GeneratedKey>;
  /** Stores the key that was made last, encrypted. Resolves with the enrollment's id once it is on the disk. */
  store(enrollment: NewEnrollment): Promise<string>;
  list(): Promise<Listing>;
  /**
   * Acquires the lease of an enrollment, and releases any other. If another tab has it, this one waits, and `onChanged`
   * is called once the lease is `ours`.
   */
  acquire(id: string): Promise<Listing>;
  /** Releases the lease that is held, and wipes its key from memory. */
  release(): Promise<Listing>;
  /** Replaces an enrollment's progress. */
  update(id: string, progress: Progress): Promise<Listing>;
  /** Deletes an enrollment, with its key. */
  delete(id: string): Promise<Listing>;
  /**
   * Checks the issued certificate against the key and the request, and writes the kubeconfig in the worker's memory.
   * `clusterChange` is null if the cluster is as it was stored with the key; otherwise show it before the file is
   * saved.
   */
  assemble(options: AssembleOptions): Promise<Assembled & { clusterChange: ClusterChange | null }>;
  /** Resolves with the kubeconfig that was assembled last, with the private key in it, as a file. */
  save(): Promise<Blob>;
  /** Resolves with the text of the kubeconfig that was assembled last, with the private key in it. */
  reveal(): Promise<string>;
  /** Ends the worker, and its memory with it. Stored enrollments stay. */
  close(): void;
  /** `close()`. Missing where the browser has no `Symbol.dispose`. */
  [Symbol.dispose](): void;
}

/** The public half of a key that was made. */
export interface GeneratedKey {
  /** PEM of the PKCS#10 request. */
  requestPem: string;
  /** SHA-256 of the public key, as `openssl dgst -sha256 -c` prints it. */
  fingerprint: string;
}

export interface NewEnrollment {
  details: Details;
  progress: Progress;
  /** At least 12 characters. Left out: a non-extractable key of the browser encrypts the key. */
  passphrase?: string;
}

/** The immutable part of an enrollment, bound to its key: after a change the key does not open. */
export interface Details extends GeneratedKey, Subject {
  /** Default: now. */
  created?: Date;
  algorithm: Algorithm;
  /** The requested lifetime, in seconds. */
  expirationSeconds: number;
  /** The label in the object's name. */
  label?: string;
  /** The namespace of the kubeconfig's context. */
  namespace?: string;
  cluster?: Cluster;
}

export type Stage = "prepared" | "submitted" | "issued" | "denied" | "failed" | "gone" | "saved";

/** The mutable part of an enrollment. It is not bound to the key: check it against the cluster before you use it. */
export interface Progress {
  stage: Stage;
  /** The name of the CertificateSigningRequest. */
  name: string;
  /** Its `metadata.uid`. */
  uid?: string;
  /** Its `spec.username`. */
  username?: string;
  /** Its `metadata.creationTimestamp`, RFC 3339. */
  creationTimestamp?: string;
  /** `reason` of the approver's or the signer's condition. */
  reason?: string;
  /** `message` of that condition. */
  message?: string;
  /** PEM of the issued chain. */
  certificatePem?: string;
  /** The end of that certificate. */
  notAfter?: Date;
  /** The time at which the kubeconfig was saved last. */
  savedAt?: Date;
}

/** An enrollment as it can be read without its key. */
export interface StoredEnrollment {
  /** 32 hexadecimal digits. */
  id: string;
  details: Details & { created: Date };
  progress: Progress;
  /** Its key opens with a passphrase only. */
  hasPassphrase: boolean;
  /** The tab that has its lease. */
  lease: "free" | "ours" | "otherTab";
  /**
   * The reason why it cannot be read: it can only be deleted then. Its texts may be empty, and its algorithm and stage
   * may be those of a newer version.
   */
  fault: "newerVersion" | "damaged" | null;
}

/** The content of the browser's storage. */
export interface Listing {
  /** The oldest first. */
  enrollments: StoredEnrollment[];
  /** The reason why this browser stores nothing for this page, for people. */
  refused: string | null;
  /** The browser can encrypt a key with one of its own; over plain HTTP it cannot. */
  wrapsKeys: boolean;
}

export interface AssembleOptions extends Omit<KubeconfigOptions, "requestPem"> {
  /** The enrollment whose key is used. Left out: the key that was made last. */
  id?: string;
  /** The passphrase of a key that was stored with one. */
  passphrase?: string;
}
