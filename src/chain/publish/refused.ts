import type { CodedError } from '../../common/index.js';

/** Carries a refusal out of a transaction, so that it rolls back. */
export class Refused extends Error {
  constructor(readonly refusal: CodedError) {
    super(refusal.message);
  }
}
