import { HttpException } from '@nestjs/common';
import type { CodedError, ErrorFacts } from './errors.js';

/** An HTTP refusal in the words of RFC 9457; the one filter in `web` writes it. */
export class ProblemException extends HttpException {
  constructor(
    status: number,
    readonly code: string,
    readonly detail: string,
    readonly facts: ErrorFacts = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail, status);
  }

  /** The HTTP form of a refusal. */
  static from(error: CodedError, headers: Readonly<Record<string, string>> = {}): ProblemException {
    return new ProblemException(error.status, error.code, error.message, error.facts, headers);
  }
}
