import {
  canonicalJson,
  concatBytes,
  hexToBytes,
  utf8ToBytes,
  type Json,
  type Sha256,
} from '../../common/index.js';
import type { SamplingParameters } from '../sampler/index.js';

const DOMAIN = 'stemma/commitment/v1';
/** Tokens between two published commitments. */
export const COMMITMENT_INTERVAL = 32;

/** What an answer's first state binds. */
export interface CommitmentContext {
  /** Hash of the release, 64 hex digits. */
  readonly release: string;
  /** SHA-256 of the kernel's WebAssembly file, 64 hex digits. */
  readonly kernelHash: string;
  readonly promptIds: ArrayLike<number>;
  readonly sampling: SamplingParameters;
}

/** Token ids as consecutive little-endian 32-bit words. */
export function encodeTokenIds(ids: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(ids.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < ids.length; i++) view.setUint32(i * 4, ids[i], true);
  return bytes;
}

/**
 * state 0 = SHA-256("stemma/commitment/v1" ‖ release ‖ kernel ‖ SHA-256(prompt ids, u32le) ‖ SHA-256(canonical JSON of the
 * sampling parameters)), hashes as 32 bytes.
 */
export function initialState(context: CommitmentContext, sha256: Sha256): Uint8Array {
  const parameters = canonicalJson({ ...context.sampling } as unknown as Json);
  return sha256(
    concatBytes(
      utf8ToBytes(DOMAIN),
      hexToBytes(context.release),
      hexToBytes(context.kernelHash),
      sha256(encodeTokenIds(context.promptIds)),
      sha256(utf8ToBytes(parameters)),
    ),
  );
}

/** SHA-256 of the bits of one position's logits, float32 little-endian. */
export function digestLogits(logits: Float32Array, sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
}

/** state i+1 = SHA-256(state i ‖ token, u32le ‖ digest of the logits the token was chosen from). */
export function nextState(
  state: Uint8Array,
  token: number,
  logitsDigest: Uint8Array,
  sha256: Sha256,
): Uint8Array {
  const bytes = new Uint8Array(68);
  bytes.set(state);
  new DataView(bytes.buffer).setUint32(32, token, true);
  bytes.set(logitsDigest, 36);
  return sha256(bytes);
}

/** The chain of one answer; `state` is the value after the last token. */
export class CommitmentChain {
  private current: Uint8Array;

  constructor(
    context: CommitmentContext,
    private readonly sha256: Sha256,
  ) {
    this.current = initialState(context, sha256);
  }

  /** Takes the next token and the logits it was chosen from; returns the new state (32 bytes). */
  append(token: number, logits: Float32Array): Uint8Array {
    return this.appendDigest(token, digestLogits(logits, this.sha256));
  }

  /** As `append`, with the digest of the logits. */
  appendDigest(token: number, logitsDigest: Uint8Array): Uint8Array {
    this.current = nextState(this.current, token, logitsDigest, this.sha256);
    return this.current;
  }
}

/**
 * What a receipt shows of the states: those after every 32nd token and after the last, each hidden as SHA-256(salt ‖ state).
 * @param states one per token  @param salt 32 bytes  @returns hashes of 32 bytes; none for an empty answer
 */
export function publishCommitments(
  states: readonly Uint8Array[],
  salt: Uint8Array,
  sha256: Sha256,
): Uint8Array[] {
  const published: Uint8Array[] = [];
  states.forEach((state, i) => {
    const due = (i + 1) % COMMITMENT_INTERVAL === 0 || i === states.length - 1;
    if (due) published.push(sha256(concatBytes(salt, state)));
  });
  return published;
}
