import { createHash, createPublicKey, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS } from './patience.js';

/** A task as the API shows it. */
export interface TaskDocument {
  readonly task_id: string;
  readonly state: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly plan_id: string;
  readonly plan_hash: string;
  readonly owner: string;
  readonly steps: readonly {
    readonly step_id: string;
    readonly type: string;
    readonly state: string;
    readonly attempts: number;
    readonly output: Record<string, unknown> | null;
    readonly output_hash: string | null;
    readonly code: string | null;
    readonly approval: Record<string, unknown> | null;
  }[];
}

/** Calls the API of a server. @returns status and JSON */
export async function call<T = Record<string, unknown>>(
  url: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: T }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

/** Waits until a task is in one of these states. */
export async function waitForTask(
  url: string,
  id: string,
  states: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<TaskDocument> {
  let last: unknown;
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(30)) {
    const answer = await call<TaskDocument>(url, 'GET', `/task/${id}`, undefined, headers).catch(() => null);
    last = answer?.body;
    if (answer?.status === 200 && states.includes(answer.body.state)) return answer.body;
  }
  throw new Error(`task ${id} was not ${states.join(' or ')} in time: ${JSON.stringify(last)}`);
}

/** A server that counts what it is asked, and tells repetitions by their idempotency key. */
export interface Counter {
  readonly url: string;
  readonly requests: string[];
  /** What the next answers do instead of 200: a status, or `hang`. */
  readonly faults: (number | 'hang')[];
  close(): void;
}

/** Starts a counter on a free port. */
export async function startCounter(): Promise<Counter> {
  const requests: string[] = [];
  const faults: (number | 'hang')[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(String(request.headers['idempotency-key'] ?? ''));
    const fault = faults.shift();
    if (fault === 'hang') return;
    response.writeHead(fault ?? 200, fault === 302 ? { location: 'http://169.254.169.254/' } : {});
    response.end('counted');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, requests, faults, close };
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** Size and root of a checkpoint; throws unless the key has signed it. C2SP signed note, written from its specification. */
export function openCheckpoint(note: string, logKey: string): { size: number; root: string } {
  const [origin, size, root] = note.split('\n');
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const signature = Buffer.from(/— \S+ (\S+)/.exec(note)?.[1] ?? '', 'base64').subarray(4);
  const [name, , ...rest] = logKey.trim().split('+');
  const key = Buffer.from(rest.join('+'), 'base64').subarray(1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (name !== origin) throw new Error(`the key is that of ${name}, the checkpoint that of ${origin}`);
  if (!verify(null, Buffer.from(text), publicKey, signature)) throw new Error('the signature is wrong');
  return { size: Number(size), root };
}

/** The root a leaf and its audit path lead to: RFC 9162 §2.1.3.2 (RFC 6962's proofs, checked step by step), written from the RFC. */
export function rootOfProof(leaf: string, index: number, size: number, path: readonly string[]): string {
  if (index >= size) throw new Error('the leaf lies behind the tree');
  let [fn, sn] = [BigInt(index), BigInt(size) - 1n];
  let r: Buffer = sha256(Buffer.from([0]), Buffer.from(leaf, 'utf8'));
  for (const hash of path) {
    const p = Buffer.from(hash, 'hex');
    if (sn === 0n) throw new Error('the path is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      r = sha256(Buffer.from([1]), p, r);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else r = sha256(Buffer.from([1]), r, p);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) throw new Error('the path is too short');
  return r.toString('base64');
}
