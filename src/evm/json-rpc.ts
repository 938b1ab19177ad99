import { CodedError, err, messageOf, ok, type Json, type Result } from '../common/index.js';

/** Longest wait for one answer of the node, ms. */
const CALL_TIMEOUT_MS = 15_000;
const MOST_BYTES = 1_048_576;

/**
 * Asks an EVM node by JSON-RPC. Refusals: EVM_UNREACHABLE (502, worth another attempt), EVM_ANSWER (502), EVM_REFUSED (422)
 * with the node's own words.
 */
export class JsonRpc {
  private count = 0;

  /** @param url of the node; may hold a secret, so it never appears in a message */
  constructor(private readonly url: string) {}

  /** Calls a method. */
  async call<T extends Json>(
    method: string,
    params: readonly Json[],
    signal: AbortSignal,
  ): Promise<Result<T>> {
    const answer = await this.post(
      JSON.stringify({ jsonrpc: '2.0', id: ++this.count, method, params }),
      signal,
    );
    if (!answer.ok) return answer;
    const { result, error } = answer.value as { result?: T; error?: { message?: unknown } };
    if (error !== undefined && error !== null)
      return err(new CodedError('EVM_REFUSED', String(error.message ?? 'no reason given').slice(0, 500)));
    return result === undefined ? err(wrongAnswer(method)) : ok(result);
  }

  /** Calls a method that answers with a quantity. */
  async quantity(method: string, params: readonly Json[], signal: AbortSignal): Promise<Result<bigint>> {
    const answer = await this.call<string>(method, params, signal);
    if (!answer.ok) return answer;
    const valid = typeof answer.value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(answer.value);
    return valid ? ok(BigInt(answer.value)) : err(wrongAnswer(method));
  }

  private async post(body: string, signal: AbortSignal): Promise<Result<object>> {
    try {
      const response = await fetch(this.url, {
        ...{ method: 'POST', body, redirect: 'error' },
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      });
      const value: unknown = JSON.parse(await boundedText(response));
      return typeof value === 'object' && value !== null ? ok(value) : err(wrongAnswer('JSON-RPC'));
    } catch (thrown) {
      if (thrown instanceof SyntaxError) return err(wrongAnswer('JSON-RPC'));
      const detail = `The EVM node cannot be reached: ${messageOf(thrown).replaceAll(this.url, 'EVM_RPC_URL')}`;
      return err(new CodedError('EVM_UNREACHABLE', detail, {}, 502));
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error(`its answer has more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function wrongAnswer(method: string): CodedError {
  return new CodedError('EVM_ANSWER', `The EVM node gave no sensible answer to ${method}.`, {}, 502);
}
