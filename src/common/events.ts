/** What the modules tell each other about upwards (dashboard, later gossip). Losing one must be harmless. */
export interface StemmaEvents {
  'block.accepted': {
    readonly hash: string;
    readonly chain: string;
    readonly type: string;
    readonly name: string | null;
  };
  'block.failed': {
    readonly hash: string;
    readonly name: string;
    readonly code: string;
    readonly detail: string;
  };
  'release.live': { readonly model: string; readonly version: string; readonly release: string };
  'log.checkpoint': { readonly size: number; readonly root: string };
  'inference.started': { readonly id: string; readonly model: string };
  'inference.routing': { readonly id: string; readonly counts: readonly (readonly number[])[] };
  'inference.finished': {
    readonly id: string;
    readonly model: string;
    readonly receipt: string | null;
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly tokensPerSecond: number;
    readonly firstTokenMs: number;
  };
  'import.progress': {
    readonly model: string;
    readonly done: number;
    readonly total: number;
    readonly step: string;
  };
  'task.changed': {
    readonly task: string;
    /** Whose task it is; others but guardians are not told. */
    readonly owner: string;
    readonly type: string;
    readonly state: string;
    readonly step: number | null;
    readonly stepState: string | null;
  };
  /** Where the work on a step is; between two of them a crash must do no harm. */
  'task.boundary': { readonly task: string; readonly step: number; readonly boundary: StepBoundary };
  'task.alert': {
    readonly code: string;
    readonly severity: 'warning' | 'critical';
    readonly detail: string;
    readonly task: string | null;
  };
  /** Where a measurement of a release is. */
  'mirror.progress': {
    readonly run: string;
    readonly model: string;
    readonly version: string;
    readonly state: string;
    readonly done: number;
    readonly total: number;
  };
  /** A dataset has another stage. */
  'dataset.changed': { readonly dataset: string; readonly name: string; readonly stage: string };
  /** Where a submission of trained experts is; `done` of `total` examples while it is evaluated. */
  'submission.changed': {
    readonly submission: string;
    readonly model: string;
    readonly state: string;
    readonly done: number;
    readonly total: number;
  };
  /** A round of several contributors has another state, or somebody has joined, committed or revealed. */
  'round.changed': { readonly round: string; readonly model: string; readonly state: string };
  /** A batch of the ledger is durable: accounts that are new, or whose balance it moved (the first ten). */
  'ledger.changed': {
    readonly block: string;
    readonly transfers: number;
    readonly accounts: readonly string[];
  };
  /** An epoch is paid; amounts are units as strings of digits. */
  'epoch.settled': { readonly epoch: number; readonly earned: string; readonly paid: string };
  'status.changed': { readonly ready: boolean };
  /** A thread of the engine died; the engine starts again by itself. */
  'engine.crashed': { readonly detail: string };
  'alert.raised': AlertNotice;
  'alert.changed': AlertNotice;
  /** What somebody was told of while it could not be written down is written down now; `alert` is the id it was told of by. */
  'alert.written': { readonly alert: string };
  'incident.changed': {
    readonly incident: string;
    readonly cause: string;
    readonly remedy: string | null;
    readonly state: string;
    readonly detail: string;
  };
  'decision.changed': {
    readonly decision: string;
    readonly type: string;
    readonly action: string;
    readonly state: string;
  };
  'escalation.changed': { readonly escalation: string; readonly decision: string; readonly state: string };
  'autonomy.changed': { readonly stopped: boolean; readonly by: string; readonly reason: string };
}

/** What an alert says; the same alert keeps its id from being raised to being resolved. */
export interface AlertNotice {
  readonly alert: string;
  /** The same trouble has the same fingerprint, whoever sees it. */
  readonly fingerprint: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly source: string;
  readonly summary: string;
  readonly state: string;
  /** Which server sees it, as people know it; missing where all see the same. */
  readonly seenBy?: string;
  /** Whether it could not be written down, because the database is away or full. */
  readonly unwritten?: true;
}

/** Picked from the queue; claimed in the database; prepared for its effect; done; and committed. */
export type StepBoundary = 'picked' | 'claimed' | 'prepared' | 'acted' | 'committed';

type Handler<K extends keyof StemmaEvents> = (event: StemmaEvents[K]) => void;

/** A typed, synchronous, in-process event bus. A throwing handler never reaches the sender. */
export class EventBus {
  private readonly handlers = new Map<keyof StemmaEvents, Set<(event: never) => void>>();

  /** @param onHandlerError told of handlers that throw */
  constructor(private readonly onHandlerError: (name: string, thrown: unknown) => void = () => undefined) {}

  /** Listens until the returned function is called. */
  on<K extends keyof StemmaEvents>(name: K, handler: Handler<K>): () => void {
    const handlers = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, handlers);
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  /** Tells every listener. */
  emit<K extends keyof StemmaEvents>(name: K, event: StemmaEvents[K]): void {
    for (const handler of this.handlers.get(name) ?? []) {
      try {
        (handler as Handler<K>)(event);
      } catch (thrown) {
        this.onHandlerError(name, thrown);
      }
    }
  }
}
