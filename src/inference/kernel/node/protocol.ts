import { CodedError, err, ok, type ErrorFacts, type Result } from '../../../common/index.js';
import type { EngineModel } from '../block-source.js';
import type { EngineLimits, WorkResult } from '../engine-core.js';
import type { GenerateEvent, Work } from '../requests.js';
import type { LoaderLink } from './loader-protocol.js';
import type { SelfTestResult } from '../self-test.js';
import type { EngineStats } from '../stats.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly kernelHash: string;
  readonly threads: number;
  /** 0 = the leader. */
  readonly thread: number;
  readonly limits: EngineLimits;
  /** For the leader, where a thread loads experts. */
  readonly loader?: LoaderLink;
}

/** From the main thread to the leader; `id` numbers requests and calls. */
export type ToLeader =
  | { readonly type: 'load'; readonly id: number; readonly model: EngineModel }
  | { readonly type: 'unload'; readonly id: number; readonly release: string }
  | {
      readonly type: 'submit';
      readonly id: number;
      readonly work: Work;
      /** How long it has waited already, ms. */
      readonly waitedMs: number;
    }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'stats'; readonly id: number }
  | { readonly type: 'trace'; readonly id: number; readonly release: string }
  | { readonly type: 'selfTest'; readonly id: number };

/** A weight block that could not be read or is not what its hash says. */
export interface BlockFailure {
  readonly block: string;
  readonly name: string;
  readonly code: string;
  readonly detail: string;
  /** The payload's file and the hash it should have. */
  readonly path: string;
  readonly payloadHash: string;
}

/** Answer to a call. */
export type Reply = WorkResult | EngineStats | SelfTestResult | Uint8Array | null;

/** From the leader to the main thread. */
export type FromLeader =
  | { readonly type: 'events'; readonly events: readonly (readonly [id: number, event: GenerateEvent])[] }
  | { readonly type: 'reply'; readonly id: number; readonly result: PlainResult<Reply> }
  /** A submitted request has its first turn; sent before anything of it is computed. */
  | { readonly type: 'begun'; readonly id: number }
  | { readonly type: 'blockFailed'; readonly failure: BlockFailure };

/** A result that can be copied between threads: errors lose their class on the way. */
export type PlainResult<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly facts: ErrorFacts;
      readonly status: number;
    };

/** Makes a result ready for the way. */
export function toPlain<T>(result: Result<T>): PlainResult<T> {
  if (result.ok) return { ok: true, value: result.value };
  const { code, message, facts, status } = result.error;
  return { ok: false, code, message, facts, status };
}

/** Makes a result of what arrived. */
export function fromPlain<T>(plain: PlainResult<T>): Result<T> {
  return plain.ok
    ? ok(plain.value)
    : err(new CodedError(plain.code, plain.message, plain.facts, plain.status));
}
