import { parseCheckpoint as parse } from '../../../src/log/checkpoint/checkpoint.js';
import { requestJson, requestText } from './client.js';
import { isRecord, Problem } from './problem.js';

/** `GET /version`. */
export interface Version {
  readonly name?: string;
  readonly version: string;
  readonly commit: string | null;
  readonly node: string;
  readonly kernel: string | null;
  /** How the kernel was compiled: `joined` operations, or `plain`, which is slower. */
  readonly kernel_compilation?: string;
  /** Where TensorFlow.js computes in the kernel's place. */
  readonly backend?: string;
  readonly device?: string;
}

/** What one probe behind `/ready` found. */
export interface Probe {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** `GET /ready`, whatever its HTTP status. */
export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly probes: Readonly<Record<string, Probe>>;
}

/** The newest signed checkpoint: tree size, root in hex, who signed, the note as sent. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

/** What runs. */
export function getVersion(signal?: AbortSignal): Promise<Version> {
  return requestJson('/version', { signal });
}

/** Readiness; an unready node answers 503 with the same body, which is an answer. A stopping one answers a problem. */
export async function getReadiness(signal?: AbortSignal): Promise<Readiness> {
  const response = await fetch('/ready', { signal, headers: { accept: 'application/json' } }).catch(
    (thrown: unknown) => {
      throw signal?.aborted === true ? thrown : Problem.from(new TypeError('network'));
    },
  );
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (isRecord(body) && isRecord(body.probes)) return body as unknown as Readiness;
  throw await Problem.fromResponse(response);
}

/** The newest checkpoint of the log (a C2SP signed note). */
export async function getCheckpoint(signal?: AbortSignal): Promise<Checkpoint> {
  return parseCheckpoint(await requestText('/log/checkpoint', { signal }));
}

/** Reads origin, size and root of a checkpoint note; its signature is checked elsewhere. */
export function parseCheckpoint(note: string): Checkpoint {
  const parsed = parse(note);
  if (!parsed.ok) throw new Problem(0, parsed.error.code, parsed.error.message);
  return { ...parsed.value, note };
}
