import { randomBytes } from 'node:crypto';
import { Wallet } from 'ethers';
import { Client } from 'pg';
import { bytesToHex, canonicalJson, utf8ToBytes } from '../../src/common/index.js';
import { secp256k1Signer } from '../../src/keys/secp256k1-signer.js';
import { scoreCommitment } from '../../src/rewards/epochs/score.js';
import { call as ask, type Answer, type Person } from './accounts.js';
import { datasetAt, datasetOf, nonceFor, uploadDataset } from './datasets.js';
import type { TestServer } from './server.js';
import { waitForTask } from './tasks.js';

/** What has to be sent to a route, apart from who sends it. */
export interface OwnedCall {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Things of every kind that belong to one account. */
export interface OwnedThings {
  /** Each route about one of them. Whoever sends it: the call is well formed, and nothing but the account is in the way. */
  readonly calls: Readonly<Record<string, OwnedCall>>;
  readonly receipt: string;
  /** Address of a wallet, in lower case. */
  readonly wallet: string;
  /** An API key with all its secret. */
  readonly key: string;
}

/** Bytes of a request that are not JSON; these happen to be, so that one way of calling does for all. */
const OCTETS = { 'content-type': 'application/octet-stream' };
const LINE = { text: 'one line of a data set in chunks' };
const REASON = { reason: 'a test of whose it is' };
const HOUR = `now() + interval '1 hour'`;

/** Makes things of every kind for a contributor, on a server with the genesis model. */
export async function ownedThings(server: TestServer, owner: Person): Promise<OwnedThings> {
  const { token } = owner;
  const get = async (path: string) => (await succeeded(ask(server, 'GET', path, { token }))).body;
  const post = async (path: string, body: unknown) =>
    (await succeeded(ask(server, 'POST', path, { token, body }))).body;

  const issued = await post('/auth/register', { name: 'a program', scopes: ['read'] });
  await post('/api/login', { name: owner.name, password: owner.password });
  const sessions = (await get('/api/me/sessions')).items as { id: string; current: boolean }[];
  const session = String(sessions.find(({ current }) => !current)?.id);
  const wallet = Wallet.createRandom();
  const { message } = await post('/auth/wallet/nonce', { address: wallet.address });
  await post('/auth/wallet/link', { message, signature: await wallet.signMessage(String(message)) });

  const answer = await post('/v1/completions', { model: 'genesis', prompt: '2 + 2 =', max_tokens: 2 });
  const receipt = String(answer.receipt_id);
  const opening = { salt: bytesToHex(randomBytes(32)), score: 900_000 };

  const plan = await post('/plan/create', { task_type: 'http_probe', parameters: { url: server.url } });
  const task = String((await post('/plan/execute', { plan_id: plan.plan_id })).task_id);
  await waitForTask(server.url, task, ['completed', 'failed'], { authorization: `Bearer ${token}` });

  const chunked = datasetOf('chunked', JSON.stringify(LINE)).description;
  const upload = String((await post('/datasets', chunked)).upload_id);
  const refused = datasetOf('refused', `${JSON.stringify(LINE)}\n`, { licence: 'LicenseRef-mine' });
  const { work } = await get(`/datasets/uploads/${upload}`);
  const workBits = (work as { bits: number }).bits;
  const taken = await uploadDataset(
    server,
    owner,
    refused,
    nonceFor(owner.id, refused.description, workBits),
  );
  const dataset = String((await succeeded(Promise.resolve(taken))).body.id);
  await datasetAt(server, dataset, 'rejected');

  // Blocks that this server has can be announced as any others.
  const [{ header }] = (await get('/chain/B/blocks?type=expert&limit=1')).items as {
    header: { payload_hash: string };
  }[];
  const { upload_id: experts } = await post('/upload_moe_experts', { headers: [header] });
  const ofExperts = `/upload_moe_experts/${String(experts)}`;

  const round = await committingRound(server, owner);
  const { author, commitment } = round;
  const submission = await finishedSubmission(server, owner);
  const own = `/task/${task}`;
  return {
    ...{ receipt, wallet: wallet.address.toLowerCase(), key: String(issued.key) },
    calls: {
      'DELETE /auth/keys/{id}': { path: `/auth/keys/${String(issued.id)}` },
      'DELETE /api/me/sessions/{id}': { path: `/api/me/sessions/${session}` },
      'DELETE /auth/wallet/{address}': { path: `/auth/wallet/${wallet.address}` },
      'GET /v1/receipts/{id}': { path: `/v1/receipts/${receipt}` },
      'GET /v1/receipts/{id}/bundle': { path: `/v1/receipts/${receipt}/bundle` },
      'POST /v1/receipts/{id}/testimony': {
        ...{ path: `/v1/receipts/${receipt}/testimony`, body: { of: 'states', first: 0, end: 1 } },
      },
      'POST /rewards/scores/{receipt}': {
        path: `/rewards/scores/${receipt}`,
        body: { commitment: scoreCommitment({ receipt, ...opening }) },
      },
      'POST /rewards/scores/{receipt}/reveal': { path: `/rewards/scores/${receipt}/reveal`, body: opening },
      'GET /plan/{id}': { path: `/plan/${String(plan.plan_id)}` },
      'POST /plan/execute': { path: '/plan/execute', body: { plan_id: plan.plan_id } },
      'GET /task/{id}': { path: own },
      'GET /task/{id}/status': { path: `${own}/status` },
      'POST /task/{id}/cancel': { path: `${own}/cancel`, body: {} },
      'GET /execution/{task_id}/{step_id}': { path: `/execution/${task}/0` },
      'GET /audit/{task_id}': { path: `/audit/${task}` },
      'GET /datasets/uploads/{id}': { path: `/datasets/uploads/${upload}` },
      'PUT /datasets/uploads/{id}': {
        ...{ path: `/datasets/uploads/${upload}?offset=0`, body: LINE, headers: OCTETS },
      },
      'POST /datasets/uploads/{id}/complete': {
        path: `/datasets/uploads/${upload}/complete`,
        body: { nonce: nonceFor(owner.id, chunked, workBits) },
      },
      'DELETE /datasets/uploads/{id}': { path: `/datasets/uploads/${upload}` },
      'GET /upload_moe_experts/{id}': { path: ofExperts },
      'PUT /upload_moe_experts/{id}/{payload}/delta': {
        ...{ path: `${ofExperts}/${header.payload_hash}/delta`, body: LINE, headers: OCTETS },
      },
      'PUT /upload_moe_experts/{id}/{payload}': {
        ...{ path: `${ofExperts}/${header.payload_hash}?offset=0`, body: LINE, headers: OCTETS },
      },
      'POST /upload_moe_experts/{id}/complete': { path: `${ofExperts}/complete` },
      'DELETE /upload_moe_experts/{id}': { path: ofExperts },
      'POST /datasets/{id}/appeal': { path: `/datasets/${dataset}/appeal`, body: REASON },
      'POST /datasets/{id}/withdraw': { path: `/datasets/${dataset}/withdraw`, body: REASON },
      'POST /learning/submissions/{id}/openings': {
        path: `/learning/submissions/${submission}/openings?offset=0&size=64`,
        ...{ body: LINE, headers: OCTETS },
      },
      'POST /learning/rounds/{id}/updates': {
        ...{ path: `${round.path}/updates?author=${author}`, body: LINE, headers: OCTETS },
      },
      'POST /learning/rounds/{id}/commitments': { path: `${round.path}/commitments`, body: commitment },
      'POST /learning/rounds/{id}/cancel': {
        path: `${(await announced(server, owner)).path}/cancel`,
        body: REASON,
      },
    },
  };
}

async function succeeded(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

/** A round of this account that nobody has joined yet. */
async function announced(server: TestServer, { token }: Person): Promise<{ id: string; path: string }> {
  const { body } = await ask(server, 'GET', '/models');
  const [{ live }] = body.items as { live: { release: string } }[];
  const terms = {
    ...{ version: 1, model: 'genesis', release: live.release, experts: ['layer4.expert2'], datasets: [] },
    ...{ seed: 'a round', training: { learning_rate: 0.001, batch_tokens: 2048, steps: 10 } },
    ...{ aggregator: 'median', faulty: 1, minimum: 3, most: 3, update_bytes: 2 ** 20, update_length: 2 },
    ...{ join_seconds: 600, commit_seconds: 600, reveal_seconds: 600 },
  };
  const made = await succeeded(ask(server, 'POST', '/learning/rounds', { token, body: { terms } }));
  const id = String(made.body.round_id);
  return { id, path: `/learning/rounds/${id}` };
}

/** A round in which this account may commit, and what it would commit to. */
async function committingRound(server: TestServer, owner: Person) {
  const { id, path } = await announced(server, owner);
  const signer = secp256k1Signer(new Uint8Array(32).fill(7));
  const author = bytesToHex(signer.publicKey);
  const signed = (about: Record<string, string>) => {
    const statement = { version: 1, round: id, author, ...about };
    return { statement, signature: bytesToHex(signer.sign(utf8ToBytes(canonicalJson(statement)))) };
  };
  const body = signed({ kind: 'join' });
  await succeeded(ask(server, 'POST', `${path}/members`, { token: owner.token, body }));
  await inDatabase(
    server,
    `UPDATE learning_rounds SET state = 'committing', due_at = ${HOUR} WHERE id = $1`,
    [id],
  );
  return { path, author, commitment: signed({ kind: 'commit', commitment: 'c'.repeat(64) }) };
}

/** A submission of this account that has come to its end: making one takes a training. */
async function finishedSubmission(server: TestServer, owner: Person): Promise<string> {
  const id = `submission_${bytesToHex(randomBytes(16))}`;
  await inDatabase(
    server,
    `INSERT INTO learning_submissions
       (id, account, author, model, parent_release, statement, signature, manifest, headers, state, checks)
     VALUES ($1, $2, '', 'genesis', repeat('0', 64), '{}', '', '{}', '[]', 'rejected', '[]')`,
    [id, owner.id],
  );
  return id;
}

async function inDatabase(server: TestServer, query: string, values: readonly string[]): Promise<void> {
  const database = new Client({ connectionString: String(server.databaseUrl) });
  await database.connect();
  await database.query(query, [...values]);
  await database.end();
}
