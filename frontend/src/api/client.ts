import { Problem } from './problem.js';
import { freshAccessToken } from './session.js';

/** What a request may carry besides its path. */
export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Sent as they are, instead of `body`. */
  readonly bytes?: Blob;
  readonly signal?: AbortSignal;
  readonly accept?: string;
}

/** Sends one request; throws a `Problem` for any answer that is not 2xx and for a failed connection. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers({ accept: options.accept ?? 'application/json' });
  if (options.bytes !== undefined) headers.set('content-type', 'application/octet-stream');
  else if (options.body !== undefined) headers.set('content-type', 'application/json');
  const token = await freshAccessToken();
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, {
    method: options.method ?? 'GET',
    headers,
    body: options.bytes ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    signal: options.signal,
  }).catch((thrown: unknown) => {
    if (options.signal?.aborted === true) throw thrown;
    throw Problem.from(new TypeError('network'));
  });
  if (!response.ok) throw await Problem.fromResponse(response);
  return response;
}

/** A JSON answer. The type is the API's promise; what is trusted further is checked where it is used. */
export async function requestJson<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  return (await response.json()) as T;
}

/** A plain-text answer. */
export async function requestText(path: string, options: RequestOptions = {}): Promise<string> {
  const response = await send(path, { accept: 'text/plain', ...options });
  return response.text();
}

/** A path with its query; members that are undefined, null or empty are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
