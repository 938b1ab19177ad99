/** Facts attached to an error: small, serialisable, never secret. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * An error with a stable code in UPPER_SNAKE_CASE, a sentence for people, and typed facts for machines. Carried in a
 * `Result` when it is an expected refusal; its `status` is the HTTP status a controller answers with.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';

  constructor(
    readonly code: string,
    message: string,
    readonly facts: ErrorFacts = {},
    readonly status = 422,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system error code (`ENOENT`, `ENOSPC`, …) of anything thrown, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
