import { Injectable } from '@nestjs/common';
import {
  CodedError,
  canonicalJson,
  err,
  ok,
  type ErrorFacts,
  type Json,
  type Result,
} from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { KeptAnswers, type KeptAnswer, type KeyScope } from './kept-answers.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** A request with a key that has not been answered yet. */
export interface OpenRequest {
  /** Keeps the answer for repetitions. */
  answered(answer: KeptAnswer): Promise<void>;
  /** The request is over; when it was not answered, a repetition starts anew. Call it in any case. */
  close(): void;
}

/** What a request with a key meets: its answer from before, or the way to give one. */
export type KeyedRequest =
  { readonly kept: KeptAnswer } | { readonly kept: null; readonly open: OpenRequest };

/**
 * Requests with an `Idempotency-Key`: repeated with the same body they get the same answer, for a day. Requests under
 * way are known to this process only; their answers to all.
 */
@Injectable()
export class Idempotency {
  private readonly underWay = new Set<string>();

  constructor(private readonly answers: KeptAnswers) {}

  /**
   * Refuses with `IDEMPOTENCY_KEY_INVALID` (400), `IDEMPOTENCY_KEY_REUSED` (409: same key, other body) or
   * `IDEMPOTENCY_KEY_BUSY` (409: that request is being answered right now).
   */
  async begin(scope: KeyScope, body: object): Promise<Result<KeyedRequest>> {
    if (!KEY.test(scope.key))
      return refuse('INVALID', 'must be 1 to 255 printable characters without spaces', 400);
    const requestHash = nativeSha256Hex(canonicalJson(JSON.parse(JSON.stringify(body)) as Json));
    const name = JSON.stringify([scope.owner, scope.route, scope.key]);
    if (this.underWay.has(name)) return refuse('BUSY', 'belongs to a request that is being answered', 409);
    this.underWay.add(name);
    const known = await this.find(scope, name);
    if (known === null) return ok({ kept: null, open: this.open(scope, requestHash, name) });
    this.underWay.delete(name);
    if (known.requestHash === requestHash) return ok({ kept: known.answer });
    return refuse('REUSED', 'was used for another request', 409);
  }

  private async find(scope: KeyScope, name: string): ReturnType<KeptAnswers['find']> {
    try {
      return await this.answers.find(scope);
    } catch (thrown) {
      this.underWay.delete(name);
      throw thrown;
    }
  }

  private open(scope: KeyScope, requestHash: string, name: string): OpenRequest {
    return {
      answered: async (answer) => {
        await this.answers.keep(scope, requestHash, answer);
        this.underWay.delete(name);
      },
      close: () => void this.underWay.delete(name),
    };
  }
}

function refuse(code: string, detail: string, status: number): Result<never> {
  const facts: ErrorFacts = code === 'BUSY' ? { retryAfter: 1 } : {};
  return err(new CodedError(`IDEMPOTENCY_KEY_${code}`, `The Idempotency-Key ${detail}.`, facts, status));
}
