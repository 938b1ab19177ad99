import { HttpException } from '@nestjs/common';
import { CodedError, systemCodeOf, type ErrorFacts } from '../common/index.js';
import { ProblemException } from '../common/problem.js';
import { databaseRefusal } from '../database/index.js';

/** What an error means to an HTTP client. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly facts: ErrorFacts;
  readonly headers: Readonly<Record<string, string>>;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  406: 'NOT_ACCEPTABLE',
  408: 'REQUEST_TIMEOUT',
  409: 'CONFLICT',
  413: 'BODY_TOO_LARGE',
  414: 'URL_TOO_LONG',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'TOO_MANY_REQUESTS',
  503: 'UNAVAILABLE',
};

/** Maps anything thrown to a problem. What is nobody's expected refusal is INTERNAL and says nothing about the inside. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemException) {
    const { code, detail, facts, headers } = thrown;
    return { status: thrown.getStatus(), code, detail, facts, headers };
  }
  const coded = thrown instanceof CodedError ? thrown : databaseRefusal(thrown);
  if (coded !== null) return codedProblem(coded);
  if (thrown instanceof HttpException)
    return problem(thrown.getStatus(), codeOf(thrown.getStatus()), thrown.message);
  const storage = storageProblem(thrown);
  if (storage !== null) return storage;
  const refused = frameworkProblem(thrown);
  return refused ?? problem(500, 'INTERNAL', 'Something went wrong on the server; its log has the details.');
}

/** `facts.retryAfter` (seconds) becomes the header that tells when to come back. */
function codedProblem({ status, code, message, facts }: CodedError): Problem {
  const { retryAfter } = facts;
  return problem(
    status,
    code,
    message,
    typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {},
    facts,
  );
}

/** Fastify's own refusals (body too large, unknown media type, …) carry a 4xx status. */
function frameworkProblem(thrown: unknown): Problem | null {
  if (!(thrown instanceof Error) || !systemCodeOf(thrown)?.startsWith('FST_')) return null;
  const status = (thrown as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  return problem(status, codeOf(status), thrown.message);
}

function storageProblem(thrown: unknown): Problem | null {
  switch (systemCodeOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem(507, 'STORAGE_FULL', 'The disk of the server is full; nothing was changed.');
    case 'EROFS':
    case 'EACCES':
      return problem(
        503,
        'STORAGE_READ_ONLY',
        'The data folder of the server cannot be written to; nothing was changed.',
      );
    default:
      return null;
  }
}

function problem(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  facts: ErrorFacts = {},
): Problem {
  return { status, code, detail, facts, headers };
}

function codeOf(status: number): string {
  return CODES[status] ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL');
}
