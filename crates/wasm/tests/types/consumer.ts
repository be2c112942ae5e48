// A project in TypeScript that uses every export: the compiler only checks it.
import init, {
  type Algorithm, type AssembleOptions, type Assembled, type Certificate, type CertificationRequest, type Cluster,
  type ClusterChange, type Details,
  type Difference, type GeneratedKey, type InitSource, type Kubeconfig, type KubeconfigOptions, type KubeEnrollError,
  type KeyWorker, type KeyWorkerOptions, type Listing, type NewEnrollment, PrivateKey, type Progress, type Stage,
  type StoredEnrollment, type Subject, inspectCertificate, inspectRequest, openKeyWorker,
} from "kube-enroll";
import source from "kube-enroll/wasm";

const chosen: InitSource = new URL("https://example.com/kube_enroll_bg.wasm");
await init();
await init(source);
await init(chosen);
await init(fetch("https://example.com/kube_enroll_bg.wasm"));

const algorithm: Algorithm = "ECDSA-P384";
const subject: Subject = { user: "jane", groups: ["developers"] };
const cluster: Cluster = { name: "dev", server: "https://api.example.com:6443" };

export function enroll(certificatePem: string): Difference[] {
  using key = PrivateKey.generate(algorithm);
  const request: CertificationRequest = key.request(subject);
  const options: KubeconfigOptions = { requestPem: request.pem, certificatePem, cluster, expirationSeconds: 3600 };
  const { kubeconfig, certificate, differences }: Kubeconfig = key.kubeconfig({ ...options, now: new Date() });
  const file: Blob = kubeconfig;
  const issued: Certificate = certificate;
  console.log(file.size, issued.notAfter.getTime(), inspectCertificate(certificatePem).fingerprint);
  console.log(inspectRequest(request.pem).algorithm, key.toPkcs8Pem());
  return differences;
}

const options: KeyWorkerOptions = { base: "/worker/", onChanged: (listing: Listing) => console.log(listing.refused) };

export async function enrollInWorker(certificatePem: string): Promise<Blob> {
  using worker: KeyWorker = await openKeyWorker(options);
  const generated: GeneratedKey = await worker.generate({ ...subject, algorithm });
  const details: Details = { ...subject, ...generated, algorithm, expirationSeconds: 3600, cluster };
  const stage: Stage = "prepared";
  const progress: Progress = { stage, name: "jane-x7k2m9qpld" };
  const enrollment: NewEnrollment = { details, progress, passphrase: "correct horse" };
  const id: string = await worker.store(enrollment);
  await worker.acquire(id);
  await worker.update(id, { ...progress, stage: "issued", certificatePem, notAfter: new Date() });
  const [stored]: StoredEnrollment[] = (await worker.list()).enrollments;
  const assemble: AssembleOptions = { id: stored?.id, certificatePem, cluster, expirationSeconds: 3600 };
  const { clusterChange, ...assembled } = await worker.assemble(assemble);
  const { certificate }: Assembled = assembled;
  const change: ClusterChange | null = clusterChange;
  console.log(certificate.notAfter.getTime(), change?.newAuthorities.length, change?.before.server);
  const kubeconfig: Blob = await worker.save();
  const text: string = await worker.reveal();
  console.log(text.length, (await worker.release()).wrapsKeys, (await worker.delete(id)).enrollments.length);
  return kubeconfig;
}

export const codeOf = (error: KubeEnrollError): string => error.code;

// @ts-expect-error This key type is not offered.
PrivateKey.generate("RSA-1024");
// @ts-expect-error Keys are generated.
new PrivateKey();
