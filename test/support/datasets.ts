import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { mineWork, workOf } from '../../src/datasets/proof/index.js';
import { challengeOf, type DatasetDescription } from '../../src/datasets/registry/dataset-record.js';
import { call, type Answer, type Person } from './accounts.js';
import { PATIENCE_MS } from './patience.js';
import type { TestServer } from './server.js';

const POLL_MS = 50;

/** Bytes with the description of a dataset that consists of them. */
export function datasetOf(
  name: string,
  bytes: Uint8Array | string,
  { version = '1.0.0', licence = 'CC0-1.0', source = 'made for a test' } = {},
): { bytes: Buffer; description: DatasetDescription } {
  const buffer = Buffer.from(bytes);
  const sha256 = createHash('sha256').update(buffer).digest('hex');
  const files = [{ name: 'data.jsonl', bytes: buffer.length, sha256 }];
  return { bytes: buffer, description: { name, version, licence, source, files } };
}

/** Lines of a dataset that nothing is wrong with; other seeds give other texts. */
export function goodLines(count: number, seed = 'seed'): string {
  const words = (i: number) =>
    Array.from({ length: 12 }, (_, j) =>
      createHash('sha256').update(`${seed}/${i}/${j}`).digest('hex').replace(/\d/g, '').slice(0, 7),
    );
  return Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ text: `the ${words(i).join(' the ')}` })}\n`,
  ).join('');
}

/** The proof of work of an account for a description. */
export function nonceFor(account: string, description: DatasetDescription, bits: number): number {
  return mineWork(challengeOf(account, description), bits) ?? 0;
}

/** A nonce that proves too little. */
export function wrongNonceFor(account: string, description: DatasetDescription, bits: number): number {
  let nonce = 0;
  while (workOf(challengeOf(account, description), nonce) >= bits) nonce++;
  return nonce;
}

/** Uploads a dataset in one request. @param who null: whoever a server of one person takes everybody for */
export async function uploadDataset(
  server: Pick<TestServer, 'url'>,
  who: Pick<Person, 'id' | 'token'> | null,
  { bytes, description }: ReturnType<typeof datasetOf>,
  nonce: number,
): Promise<Answer> {
  const form = new FormData();
  form.set('description', JSON.stringify(description));
  form.set('nonce', String(nonce));
  form.set('file', new Blob([new Uint8Array(bytes)]), 'data.jsonl');
  const response = await fetch(`${server.url}/datasets`, {
    method: 'POST',
    ...(who !== null && { headers: { authorization: `Bearer ${who.token}` } }),
    body: form,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

/** Waits until a dataset is of one of these stages, and returns it. */
export function datasetAt(
  server: Pick<TestServer, 'url'>,
  id: string,
  ...stages: readonly string[]
): Promise<Answer['body']> {
  return until(server, id, ({ stage }) => stages.includes(String(stage)), `not ${stages.join(' or ')}`);
}

/** Lets the time of the open vote on a dataset be over, whenever it was to end. */
export async function endVote({ databaseUrl }: Pick<TestServer, 'databaseUrl'>, id: string): Promise<void> {
  const database = new Client({ connectionString: String(databaseUrl) });
  await database.connect();
  const ended = `regexp_replace(record, '"ends_at":[0-9]+', '"ends_at":' || since)`;
  await database.query(
    `UPDATE datasets SET due_at = since, record = ${ended} WHERE id = $1 AND stage = 'vote'`,
    [id],
  );
  await database.end();
}

/** Waits until the file of a dataset was removed. */
export async function fileGone(server: Pick<TestServer, 'url'>, id: string): Promise<void> {
  await until(server, id, ({ file_gone: gone }) => gone === true, 'with its file');
}

async function until(
  server: Pick<TestServer, 'url'>,
  id: string,
  is: (body: Answer['body']) => boolean,
  still: string,
): Promise<Answer['body']> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const { body } = await call(server, 'GET', `/datasets/${id}`);
    if (is(body)) return body;
    if (performance.now() > end) throw new Error(`${id} is still ${String(body.stage)}, ${still}`);
    await delay(POLL_MS);
  }
}
