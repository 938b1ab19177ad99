import { ACCOUNT_SETTINGS, call, firstAdmin, register, type Person } from '../support/accounts.js';
import {
  datasetAt,
  datasetOf,
  endVote,
  fileGone,
  goodLines,
  nonceFor,
  uploadDataset,
  wrongNonceFor,
} from '../support/datasets.js';
import { holdRows, startServer, until, type TestServer } from '../support/index.js';

const WORK_BITS = 8;
const SETTINGS = {
  ...ACCOUNT_SETTINGS,
  DATASET_WORK_BITS: String(WORK_BITS),
  // Longer than any test takes: where a vote is to end, the test says when.
  DATASET_VOTE_SECONDS: '86400',
  DATASET_VOTE_EXTENSION_SECONDS: '86400',
  DATASET_SWEEP_MS: '100',
};

let server: TestServer;
let admin: Person;
let creator: Person;
let voters: Person[];
beforeAll(async () => {
  server = await startServer({ env: SETTINGS });
  admin = await firstAdmin(server);
  creator = await register(server);
  voters = await Promise.all(Array.from({ length: 4 }, () => register(server)));
});
afterAll(() => server?.stop());

const vote = (id: string, { token }: Person, approve: boolean) =>
  call(server, 'POST', `/datasets/${id}/vote`, { token, body: { approve } });

function send(who: Person, made: ReturnType<typeof datasetOf>) {
  return uploadDataset(server, who, made, nonceFor(who.id, made.description, WORK_BITS));
}

async function upload(
  name: string,
  bytes: Uint8Array | string,
  options = {},
  who = creator,
): Promise<string> {
  const { status, body } = await send(who, datasetOf(name, bytes, options));
  expect([status, body.stage]).toEqual([200, 'pending']);
  return String(body.id);
}

describe('a dataset', () => {
  it('goes from upload over audit and votes of several accounts to gold, all of it on chain D', async () => {
    const id = await upload('good', goodLines(200));
    const late = register(server);
    const open = await datasetAt(server, id, 'vote');
    expect(open.audit).toMatchObject({ documents: 200, gain: null });
    const newcomer = await register(server);
    expect((await vote(id, newcomer, true)).body.code).toBe('VOTE_ACCOUNT_NEW');
    for (const [i, voter] of voters.entries()) expect((await vote(id, voter, i < 3)).status).toBe(200);
    expect((await vote(id, voters[0], false)).body.code).toBe('VOTE_CAST');
    expect((await vote(id, { ...admin, token: '' }, true)).status).toBe(401);
    await endVote(server, id);
    const gold = await datasetAt(server, id, 'gold', 'silver', 'rejected');
    expect(gold).toMatchObject({
      stage: 'gold',
      votes: { yes: 3, no: 1 },
      vote: { tally: { yes: 3, no: 1 } },
    });
    expect(await vote(id, await late, true)).toMatchObject({ status: 409, body: { code: 'VOTE_CLOSED' } });
    const stages = gold.stages as { stage: string; block: string }[];
    expect(stages.map(({ stage }) => stage)).toEqual(['pending', 'audit', 'vote', 'gold']);
    const payload = await call(server, 'GET', `/chain/D/blocks/${stages[3].block}/payload`);
    expect(payload.body).toMatchObject({ id, stage: 'gold', previous: stages[2].block });
    const report = await call(server, 'GET', `/datasets/${id}/report`);
    expect(report.body).toMatchObject({ format: 'stemma.quality-report.v1', documents: 200, accepted: true });
  });

  it.each<[string, string | Uint8Array, string, object?]>([
    ['a gigantic line', `{"text":"${'x'.repeat(2 ** 20)}"}\n`, 'DATASET_LINE_SIZE'],
    ['binary', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 1), 'DATASET_BINARY'],
    [
      'nested 10,000 deep',
      `{"text":"a","b":${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`,
      'DATASET_NESTING',
    ],
    ['an unknown licence', goodLines(20, 'licence'), 'LICENCE_UNKNOWN', { licence: 'LicenseRef-mine' }],
    ['no SPDX at all', goodLines(20, 'words'), 'LICENCE_UNKNOWN', { licence: 'do what you want' }],
    [
      'personal data above 1 %',
      `${goodLines(96, 'pii')}${[1, 2].map((i) => `{"text":"write to maria.keller${i}@gmail.com today"}\n`).join('')}`,
      'PII',
    ],
    ['the same line again and again', '{"text":"one and the same line of text"}\n'.repeat(50), 'DUPLICATES'],
  ])('with %s is rejected', async (what, bytes, reason, options = {}) => {
    const id = await upload(`bad-${what.replace(/[^a-z0-9]/g, '-')}`, bytes, options);
    const rejected = await datasetAt(server, id, 'rejected', 'vote');
    expect(rejected).toMatchObject({ stage: 'rejected', reasons: [reason] });
    expect(rejected.appeal_until).toBeGreaterThan(Number(rejected.at));
  });

  it('that others have already is rejected, in whatever order its lines are', async () => {
    const lines = goodLines(300, 'copied');
    const first = await upload('original', lines);
    await datasetAt(server, first, 'vote');
    for (const voter of voters) await vote(first, voter, true);
    await endVote(server, first);
    await datasetAt(server, first, 'gold');
    const shuffled = lines
      .trimEnd()
      .split('\n')
      .reverse()
      .join('\n')
      .toUpperCase()
      .replaceAll('TEXT', 'text');
    const copy = await upload('copy', shuffled, {}, voters[0]);
    expect(await datasetAt(server, copy, 'rejected', 'vote')).toMatchObject({ reasons: ['DUPLICATES'] });
    const { body } = await call(server, 'GET', `/datasets/${copy}/report`);
    expect(body.duplicates).toMatchObject({ sets: { [first]: 1 }, share: 1 });
  });

  it('without enough votes is extended once, then rejected', async () => {
    const id = await upload('unloved', goodLines(30, 'unloved'));
    await datasetAt(server, id, 'vote');
    await endVote(server, id);
    const extended = async () =>
      ((await call(server, 'GET', `/datasets/${id}`)).body.vote as { extended: boolean }).extended;
    await until('it is extended', extended);
    await endVote(server, id);
    const rejected = await datasetAt(server, id, 'rejected');
    expect(rejected).toMatchObject({
      reasons: ['VOTE_QUORUM'],
      vote: { extended: true, tally: { yes: 0, no: 0 } },
    });
    expect((rejected.stages as { stage: string }[]).map(({ stage }) => stage)).toEqual([
      ...['pending', 'audit', 'vote', 'vote', 'rejected'],
    ]);
  });
});

describe('an upload', () => {
  it('goes on where it was cut off, and belongs to whoever opened it', async () => {
    const { bytes, description } = datasetOf('chunked', goodLines(500, 'chunked'));
    const half = Math.floor(bytes.length / 2);
    const opened = await call(server, 'POST', '/datasets', { token: creator.token, body: description });
    expect(opened).toMatchObject({
      status: 200,
      body: { bytes: bytes.length, received: 0, work: { bits: WORK_BITS } },
    });
    const path = `/datasets/uploads/${String(opened.body.upload_id)}`;
    expect(await chunk(path, 0, bytes.subarray(0, half))).toMatchObject({ body: { received: half } });
    expect(await chunk(path, 0, bytes.subarray(0, half))).toMatchObject({
      status: 409,
      body: { code: 'DATASET_UPLOAD_OFFSET' },
    });
    expect((await call(server, 'GET', path, { token: voters[0].token })).status).toBe(404);
    const nonce = nonceFor(creator.id, description, WORK_BITS);
    const complete = (value: number) =>
      call(server, 'POST', `${path}/complete`, { token: creator.token, body: { nonce: value } });
    expect((await complete(nonce)).body.code).toBe('DATASET_UPLOAD_INCOMPLETE');
    const again = await call(server, 'POST', '/datasets', { token: creator.token, body: description });
    expect(again.body.received).toBe(half);
    expect((await chunk(path, half, Buffer.concat([bytes.subarray(half), bytes]))).status).toBe(413);
    expect(await chunk(path, half, bytes.subarray(half))).toMatchObject({ body: { received: bytes.length } });
    expect((await complete(wrongNonceFor(creator.id, description, WORK_BITS))).body.code).toBe(
      'DATASET_WORK',
    );
    expect(await complete(nonce)).toMatchObject({
      status: 200,
      body: { stage: 'pending', sha256: description.files[0].sha256 },
    });
    expect((await call(server, 'GET', path, { token: creator.token })).status).toBe(404);
    const twice = await call(server, 'POST', '/datasets', { token: creator.token, body: description });
    expect(twice).toMatchObject({ status: 409, body: { code: 'DATASET_EXISTS' } });
  });

  it('of other bytes than were described is refused, and leaves nothing behind', async () => {
    const made = datasetOf('lying', goodLines(10, 'lying'));
    const other = { ...made, bytes: Buffer.from(made.bytes).fill(0x20, 3, 4) };
    const { status, body } = await send(creator, other);
    expect([status, body.code]).toEqual([422, 'DATASET_FILE_HASH']);
    const { body: list } = await call(server, 'GET', '/datasets?limit=200');
    expect((list.items as { name: string }[]).filter(({ name }) => name === 'lying')).toEqual([]);
  });

  it('without its proof of work, with a strange field, or under a name of others is refused', async () => {
    const made = datasetOf('unworked', goodLines(10, 'unworked'));
    const nonce = wrongNonceFor(creator.id, made.description, WORK_BITS);
    const unproved = await uploadDataset(server, creator, made, nonce);
    expect(unproved).toMatchObject({ status: 422, body: { code: 'DATASET_WORK' } });
    const strange = await call(server, 'POST', '/datasets', {
      token: creator.token,
      body: { ...made.description, tags: [] },
    });
    expect(strange).toMatchObject({ status: 400, body: { code: 'DATASET_DESCRIPTION' } });
    const taken = datasetOf('good', goodLines(10, 'taken'));
    const { body } = await send(voters[1], taken);
    expect(body.code).toBe('DATASET_NAME_TAKEN');
  });

  async function chunk(path: string, offset: number, bytes: Uint8Array) {
    const response = await fetch(`${server.url}${path}?offset=${offset}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${creator.token}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
});

describe('people decide', () => {
  const post = (path: string, { token }: Person, body: object) => call(server, 'POST', path, { token, body });

  it('on an appeal: by the uploader, once; a guardian grants it, and the set is voted on', async () => {
    const id = await upload('appealed', goodLines(20, 'appeal'), { licence: 'LicenseRef-mine' });
    await datasetAt(server, id, 'rejected');
    const reason = { reason: 'I wrote every line of it myself.' };
    expect((await post(`/datasets/${id}/appeal`, voters[0], reason)).body.code).toBe('DATASET_NOT_YOURS');
    expect((await post(`/datasets/${id}/appeal`, creator, reason)).body).toMatchObject({ stage: 'appealed' });
    expect((await post(`/datasets/${id}/appeal`, creator, reason)).body.code).toBe('STATE_CONFLICT');
    const answer = { granted: true, reason: 'The licence was shown to us.' };
    expect((await post(`/datasets/${id}/appeal/answer`, creator, answer)).status).toBe(403);
    expect((await post(`/datasets/${id}/appeal/answer`, admin, answer)).body).toMatchObject({
      ...{ stage: 'vote', note: answer.reason, vote: { round: 1, tally: null } },
    });
  });

  it('on quarantine, its end, and withdrawal, after which the file is gone', async () => {
    const { body } = await call(server, 'GET', '/datasets?stage=gold');
    const [{ id }] = (body.items as { id: string; name: string }[]).filter(({ name }) => name === 'good');
    const reason = { reason: 'Somebody complained.' };
    expect((await post(`/datasets/${id}/quarantine`, creator, reason)).status).toBe(403);
    expect((await post(`/datasets/${id}/quarantine`, admin, reason)).body).toMatchObject({
      ...{ stage: 'quarantined', reasons: ['GUARDIAN'], tier: 'gold' },
    });
    expect((await post(`/datasets/${id}/release`, admin, reason)).body).toMatchObject({
      stage: 'gold',
      tier: null,
    });
    expect((await post(`/datasets/${id}/withdraw`, voters[0], reason)).body.code).toBe('DATASET_NOT_YOURS');
    expect((await post(`/datasets/${id}/withdraw`, creator, reason)).body).toMatchObject({
      ...{ stage: 'withdrawn', lineage: { blocks: [], releases: [], truncated: false } },
    });
    await fileGone(server, id);
  });
});

it('finishes an audit that a crash cut off, with the same sample', async () => {
  const held = await holdRows(server, 'datasets', `NEW.stage = 'vote'`);
  const id = await upload('large', goodLines(20_000, 'large'));
  await datasetAt(server, id, 'audit');
  await server.stop('SIGKILL');
  await held.release();
  const { dataDir, databaseUrl } = server;
  server = await startServer({ env: SETTINGS, dataDir, database: databaseUrl! });
  const done = await datasetAt(server, id, 'vote', 'rejected');
  expect(done).toMatchObject({ stage: 'vote', audit: { documents: 20_000 } });
  const stages = done.stages as { stage: string; block: string }[];
  expect(stages.map(({ stage }) => stage)).toEqual(['pending', 'audit', 'vote']);
  const { body } = await call(server, 'GET', `/datasets/${id}/report`);
  expect(body.seed).toBe(stages[1].block);
});
