import type { Constraint } from '../constraints/index.js';
import type { LogitBias } from '../sampler/index.js';

/** The version of the receipt format this code writes and reads. */
export const RECEIPT_VERSION = 1;

/** Tokens covered by one published commitment (the last one may cover fewer). */
export const TOKENS_PER_COMMITMENT = 32;

/** Why an answer ended. */
export type FinishReason = 'stop' | 'length' | 'cancelled';

/** The sampling parameters that decide an answer, besides prompt and seed; public in the receipt. */
export interface ReceiptParameters {
  readonly max_tokens: number;
  readonly temperature: number;
  readonly top_p: number;
  readonly top_k: number;
  readonly min_p: number;
  readonly repetition_penalty: number;
  readonly presence_penalty: number;
  readonly frequency_penalty: number;
}

/** One expert that took part: block name, block hash, and how many (token, layer) passes it computed. */
export interface ReceiptExpert {
  readonly name: string;
  readonly block: string;
  readonly tokens: number;
}

/** What a receipt says where TensorFlow.js computed in place of the kernel; receipts of the kernel have none of it. */
export interface ReceiptLane {
  readonly exact: false;
  readonly backend: string;
  /** What the backend computed on, in words: up to 128 printable ASCII characters. */
  readonly device: string;
}

/** Everything a receipt states before it has an identifier and a signature. All hashes: 64 hex digits. */
export interface ReceiptBody extends Partial<ReceiptLane> {
  readonly version: typeof RECEIPT_VERSION;
  /** Hash of the release block: "the model". */
  readonly release: string;
  /** SHA-256 of the kernel file; of the name of what computed in its place where `exact` is false. */
  readonly kernel: string;
  readonly request: {
    readonly salted_hash: string;
    readonly parameters: ReceiptParameters;
    /** Integer, 0 … 2^53-1. */
    readonly seed: number;
  };
  readonly experts: readonly ReceiptExpert[];
  readonly output: {
    readonly tokens: number;
    readonly tokens_hash: string;
    readonly text_hash: string;
    readonly finish: FinishReason;
  };
  /** One per 32 tokens and one for the rest: SHA-256(salt ‖ chain value after that token). */
  readonly commitments: readonly string[];
  /** Milliseconds since the epoch. */
  readonly started_at: number;
  readonly finished_at: number;
  /** Ed25519 public key of the node, 64 hex digits. */
  readonly node: string;
}

/** A signed receipt (v1), see docs/formats/receipt.md. */
export interface Receipt extends ReceiptBody {
  /** `rcpt_` and the first 32 hex digits of the body's hash. */
  readonly id: string;
  /** Ed25519 over the canonical JSON of the receipt without this field, 128 hex digits. */
  readonly signature: string;
}

/** The private part: what is needed to replay an answer. Kept by the node, given to whoever may see the answer. */
export interface ReceiptEvidence {
  /** 32 bytes, 64 hex digits. */
  readonly salt: string;
  readonly prompt_ids: readonly number[];
  readonly output_ids: readonly number[];
  /** Stop strings of the request; where one matched, `text` ends before it. */
  readonly stop: readonly string[];
  /** The text as delivered. */
  readonly text: string;
  /** What was added to the logits of single tokens; absent = nothing. */
  readonly logit_bias?: LogitBias;
  /** What the text had to obey (docs/formats/constraint.md); absent = nothing. */
  readonly constraint?: Constraint;
  /** The prompt as the model read it, for people; not covered by a hash (its token ids are). */
  readonly prompt_text: string;
}

/** Proof that a receipt is in the log. */
export interface ReceiptLogProof {
  /** Leaf number, 0-based. */
  readonly index: number;
  /** The exact bytes of the leaf, as text. */
  readonly leaf: string;
  /** Tree size of the checkpoint the proof leads to. */
  readonly size: number;
  /** Audit path from the leaf upwards, 64 hex digits each. */
  readonly proof: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
  /** The log's verifier key in C2SP vkey form: `<name>+<key id>+<base64>`. */
  readonly log_key: string;
}

/** What `GET /v1/receipts/:id` answers. `log` is null until the sequencer has placed the leaf. */
export interface ReceiptDocument {
  readonly receipt: Receipt;
  /** Null for whoever may not see the answer. */
  readonly evidence: ReceiptEvidence | null;
  readonly log: ReceiptLogProof | null;
}

/** A document whose parts are all there: what a bundle holds. */
export type CompleteDocument = { readonly [K in keyof ReceiptDocument]: NonNullable<ReceiptDocument[K]> };
