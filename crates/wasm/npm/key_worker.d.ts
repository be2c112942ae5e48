// The page's own starter of the key worker, crates/app/js/key_worker.js, which scripts/build-package.sh copies: for the
// linter.
export class WorkerHost {
  /** The folder of the worker's files, with a slash at its end. */
  constructor(base: URL);
  start(onMessage: (message: WorkerMessage) => void): void;
  /** Not before `ready`. */
  post(message: { id: number; command: unknown }): void;
  /** Not before `start` has called back; it can be started again. */
  end(): void;
}

/** One of these. */
interface WorkerMessage {
  notLoaded?: string;
  /** The glue and the module are of two builds. */
  otherBuild?: string;
  panicked?: string;
  ready?: { protocol: number; build: string };
  reply?: { id: number; reply: Record<string, any>; file?: Blob };
  changed?: any;
}
