import type { BlockHeader } from '../../../src/chain/block/header.js';
import type { Json } from '../../../src/common/canonical-json.js';
import type { RunEnd } from '../../../src/learning/run/training-run.js';
import type { SubmissionStatement } from '../../../src/learning/submission/statement.js';

/** What somebody wants to be trained here. The bounds are those of `stemma train`. */
export interface TrainingRequest {
  /** Name of a model; its live release is trained. */
  readonly model: string;
  /** `layer3.expert5` */
  readonly expert: string;
  /** JSON lines. It is read by this browser and sent nowhere. */
  readonly data: Blob;
  readonly minutes: number;
  /** Updates at most; null: as many as fit into the time. */
  readonly steps: number | null;
  readonly learningRate: number;
  readonly batchTokens: number;
  readonly seed: string;
  readonly threads: number;
  /** Hashes of the blocks of chain D that the data come from, sorted. */
  readonly datasets: readonly string[];
}

/** What a contributor says beside the training itself. */
export interface HandInWish {
  /** 32 bytes. */
  readonly secretKey: Uint8Array;
  /** Domains that are claimed to be better. */
  readonly domains: readonly string[];
  /** Leading zero bits that the server asks of blocks. */
  readonly difficulty: number;
}

/** A signed submission, ready to be sent. */
export interface SignedSubmission {
  readonly headers: readonly BlockHeader[];
  readonly statement: SubmissionStatement;
  readonly signature: string;
  readonly manifest: Json;
  /** Payloads by their hash. */
  readonly payloads: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What the worker is told. */
export type TrainerCommand =
  | { readonly type: 'start'; readonly request: TrainingRequest; readonly token: string | null }
  /** Goes on with the training that this browser keeps. */
  | { readonly type: 'take up'; readonly token: string | null }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'stop' }
  | { readonly type: 'sign'; readonly wish: HandInWish; readonly token: string | null }
  | { readonly type: 'show'; readonly updates: readonly number[] };

/** A look at documents that are not learnt. */
export interface Look {
  /** Updates before it. */
  readonly step: number;
  readonly loss: number;
}

/** What became of a training. */
export interface TrainingEnd {
  readonly end: RunEnd;
  readonly updates: number;
  readonly before: number;
  readonly best: Look;
  readonly learnt: number;
  readonly unseen: number;
  readonly tooLong: number;
  /** The files that `stemma train` writes, by name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What a training does before its first update. */
export type Preparation = 'model' | 'data' | 'kernel';

/** What the worker tells. */
export type TrainerReport =
  | { readonly type: 'preparing'; readonly part: Preparation; readonly done: number; readonly total: number }
  /** What is taken up was asked for like this. */
  | { readonly type: 'taken up'; readonly request: TrainingRequest }
  /** `losses` and `looks`: what was done before it was taken up. */
  | {
      readonly type: 'begun';
      readonly updates: number;
      readonly losses: readonly number[];
      readonly looks: readonly Look[];
    }
  /** Updates behind the point that this browser keeps, and under which id: it is forgotten under no other. */
  | { readonly type: 'kept'; readonly keeper: string; readonly made: number }
  /** Nothing more is kept of it. */
  | { readonly type: 'not kept'; readonly detail: string }
  /** Updates since the last report, by their loss; `activeMs`: time without pauses. */
  | { readonly type: 'updates'; readonly losses: readonly number[]; readonly activeMs: number }
  | { readonly type: 'look'; readonly look: Look }
  | { readonly type: 'ended'; readonly outcome: TrainingEnd }
  | { readonly type: 'refused'; readonly code: string; readonly detail: string }
  | { readonly type: 'signed'; readonly submission: SignedSubmission }
  | { readonly type: 'shown'; readonly opening: Uint8Array<ArrayBuffer> }
  /** Of `sign` or `show`: what was trained is still here. */
  | { readonly type: 'not done'; readonly code: string; readonly detail: string };
