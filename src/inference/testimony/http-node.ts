import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import type { Ed25519Check } from '../../common/ed25519.js';
import { cancelled } from '../kernel/refusals.js';
import type { Receipt } from '../receipt/index.js';
import type { AskNode } from './asking-witness.js';
import type { TestimonyQuestion } from './question.js';
import { readTestimony } from './testimony.js';
import { withinTime } from './within-time.js';

/** Longest answer that is taken, bytes: the logits of a large vocabulary as base64 are half of it. */
const LARGEST_ANSWER = 4 << 20;
/** How long a node may take for one question, ms: it computes the answer up to there in plain arithmetic. */
const QUESTION_MS = 150_000;
/** How long a node is asked again that has no time, ms. */
const PATIENCE_MS = 120_000;
/** Longest wait that a node may ask for, ms. */
const LONGEST_WAIT_MS = 10_000;
/** How much later than its time is up a question is broken off, so that the refusal says why, ms. */
const GRACE_MS = 1_000;
/** Refusals after which to ask again. */
const LATER = new Set([429, 503]);

/** Where a node is asked. */
export interface NodeAddress {
  /** Base URL. */
  readonly url: string;
  /** API key or access token there; null: none. */
  readonly token: string | null;
}

/** How long to wait; tests wait less. */
export interface NodePatience {
  readonly questionMs: number;
  readonly patienceMs: number;
  /** For all questions together. */
  readonly sideMs?: number;
}

/**
 * Asks a node for its testimony about a receipt of its own, over HTTP; redirects are not followed. Refuses with `NODE_UNREACHABLE`,
 * `NODE_REFUSED` (fact: the node's code), `NODE_TOO_SLOW`, `NODE_ANSWER_TOO_LARGE` and `TESTIMONY_INVALID`; with `CANCELLED` once the
 * signal fires, and breaks off what was asked.
 */
export function httpNode(
  address: NodeAddress,
  receipt: Receipt,
  check: Ed25519Check,
  { questionMs, patienceMs, sideMs }: NodePatience = { questionMs: QUESTION_MS, patienceMs: PATIENCE_MS },
  signal?: AbortSignal,
): AskNode {
  const path = `/v1/receipts/${receipt.id}/testimony`;
  return withinTime(async (question, leftMs) => {
    const begun = performance.now();
    const end = begun + Math.min(patienceMs, leftMs);
    for (;;) {
      const restMs = Math.max(0, begun + leftMs - performance.now()) + GRACE_MS;
      const answer = await post(address, path, question, Math.ceil(Math.min(questionMs, restMs)), signal);
      if (signal?.aborted) return err(cancelled());
      if (!answer.ok) return answer;
      const { status, body, retryAfterMs } = answer.value;
      if (status === 200) {
        const { id, node } = receipt;
        return body.ok ? readTestimony(body.value, { receipt: id, node, question }, check) : body;
      }
      const again = performance.now() + retryAfterMs < end && LATER.has(status) && retryAfterMs > 0;
      if (!again) return refused(address, status, body.ok ? body.value : null);
      await delay(Math.min(retryAfterMs, LONGEST_WAIT_MS), null, { signal }).catch(() => null);
      if (signal?.aborted) return err(cancelled());
    }
  }, sideMs);
}

/** The receipt with this id as the node shows it, untrusted; refuses as asking does. */
export async function documentOf(address: NodeAddress, id: string): Promise<Result<unknown>> {
  const answer = await send(address, `/v1/receipts/${id}`, { method: 'GET' }, QUESTION_MS);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  return status === 200 ? body : refused(address, status, body.ok ? body.value : null);
}

interface NodeAnswer {
  readonly status: number;
  /** JSON, or why there is none. */
  readonly body: Result<unknown>;
  /** What the node asks to wait, ms; 0: nothing. */
  readonly retryAfterMs: number;
}

function post(
  address: NodeAddress,
  path: string,
  question: TestimonyQuestion,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Result<NodeAnswer>> {
  const body = JSON.stringify(question);
  const headers = { 'content-type': 'application/json' };
  return send(address, path, { method: 'POST', headers, body }, timeoutMs, signal);
}

async function send(
  { url, token }: NodeAddress,
  path: string,
  init: { readonly method: string; readonly headers?: Record<string, string>; readonly body?: string },
  timeoutMs: number,
  gone?: AbortSignal,
): Promise<Result<NodeAnswer>> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...init.headers, ...authorization };
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(gone === undefined ? [] : [gone])]);
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      ...init,
      ...{ headers, signal, redirect: 'error' },
    });
    const text = await boundedText(response);
    if (!text.ok) return text;
    const wait = Number(response.headers.get('retry-after') ?? 0);
    const retryAfterMs = Number.isFinite(wait) ? Math.max(0, wait * 1000) : 0;
    return ok({ status: response.status, body: parsed(text.value), retryAfterMs });
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? `: ${messageOf(thrown.cause)}` : '';
    const message = `${url} cannot be reached: ${messageOf(thrown)}${cause}`;
    return err(new CodedError('NODE_UNREACHABLE', message, { url }, 503));
  }
}

async function boundedText(response: Response): Promise<Result<string>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > LARGEST_ANSWER)
      return err(new CodedError('NODE_ANSWER_TOO_LARGE', `it answered more than ${LARGEST_ANSWER} bytes`));
    parts.push(part);
  }
  return ok(Buffer.concat(parts).toString('utf8'));
}

function parsed(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text) as unknown);
  } catch {
    return err(new CodedError('TESTIMONY_INVALID', 'what the node answered is no JSON'));
  }
}

function refused({ url }: NodeAddress, status: number, problem: unknown): Result<never> {
  const { code, detail } = (typeof problem === 'object' && problem !== null ? problem : {}) as Record<
    string,
    unknown
  >;
  const named = typeof code === 'string' && /^[A-Z][A-Z_]{1,63}$/.test(code) ? code : String(status);
  const why = typeof detail === 'string' ? `: ${detail.slice(0, 200).replace(/\p{C}+/gu, ' ')}` : '';
  const message = `${url} refuses with ${named}${why}`;
  return err(new CodedError('NODE_REFUSED', message, { url, status, refusal: named }));
}
