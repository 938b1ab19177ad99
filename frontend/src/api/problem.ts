/** A refusal as the server words it (RFC 9457), or a failed connection under the code `NETWORK`. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /**
   * @param status HTTP status, 0 when no answer arrived
   * @param code stable code in UPPER_SNAKE_CASE
   * @param requestId what an operator can look for in the server's log
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }

  /** Reads the refusal out of an answer that is not 2xx. */
  static async fromResponse(response: Response): Promise<Problem> {
    const body: unknown = await response.json().catch(() => null);
    const member = (name: string): string | null =>
      isRecord(body) && typeof body[name] === 'string' ? body[name] : null;
    const retry = Number(response.headers.get('retry-after') ?? NaN);
    return new Problem(
      response.status,
      member('code') ?? `HTTP_${response.status}`,
      member('detail') ?? member('title') ?? (response.statusText || 'The server gave no reason.'),
      member('request_id'),
      Number.isFinite(retry) ? retry : null,
    );
  }

  /** Any thrown value as a problem. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    if (thrown instanceof TypeError)
      return new Problem(0, 'NETWORK', 'The server did not answer. It may be stopped or starting.');
    return new Problem(0, 'DASHBOARD', thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** Whether a value is a plain object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
