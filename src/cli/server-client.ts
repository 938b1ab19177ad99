import { CodedError } from '../common/index.js';

/** Talks to the running server on behalf of a command. */
export class ServerClient {
  constructor(
    /** Base URL without a slash at the end. */
    readonly url: string,
    private readonly token: string,
  ) {}

  /** Sends a request; the answer may be of any status. Throws `SERVER_GONE` when there is none. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.token}`);
    try {
      return await fetch(`${this.url}${path}`, { ...init, headers });
    } catch (thrown) {
      if (init.signal?.aborted === true) throw thrown;
      throw serverGone(this.url, thrown);
    }
  }

  /** The JSON of a successful answer. Throws the problem of any other as `CodedError`. */
  async json<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(path, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!response.ok) throw await problemIn(response);
    return (await response.json()) as T;
  }
}

/** The refusal of a command whose server does not answer, or stopped in the middle of an answer. */
export function serverGone(url: string, cause: unknown): CodedError {
  return new CodedError('SERVER_GONE', `the server at ${url} went away; try again`, {}, 503, { cause });
}

/** The problem an answer carries, as an error a command can end with. */
export async function problemIn(response: Response): Promise<CodedError> {
  const text = await response.text();
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    if (typeof code === 'string' && typeof detail === 'string') {
      return new CodedError(code, detail, {}, response.status);
    }
  } catch {
    return new CodedError('SERVER_ANSWER', `the server answered ${response.status}: ${text.slice(0, 200)}`);
  }
  return new CodedError('SERVER_ANSWER', `the server answered ${response.status}`);
}
