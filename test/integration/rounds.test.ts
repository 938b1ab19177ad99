import { bytesToHex, CodedError, err, ok, unwrap, type Result } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { Transactions } from '../../src/database/index.js';
import type { ParameterIndex } from '../../src/experts/index.js';
import { secp256k1Signer } from '../../src/keys/index.js';
import type { DatasetGate } from '../../src/learning/checks/dataset-gate.js';
import type { RoundRunner } from '../../src/learning/rounds/node/round-runner.js';
import { workOnRound, type RoundWork } from '../../src/learning/rounds/node/round-work.js';
import type { RoundBases } from '../../src/learning/rounds/round-bases.js';
import { RoundDesk } from '../../src/learning/rounds/round-desk.js';
import { RoundReveals } from '../../src/learning/rounds/round-reveals.js';
import { RoundSteps } from '../../src/learning/rounds/round-steps.js';
import { RoundStore } from '../../src/learning/rounds/round-store.js';
import type { RoundSubmissions, WithSubmission } from '../../src/learning/rounds/round-submissions.js';
import type { RoundWorker } from '../../src/learning/rounds/round-worker.js';
import {
  commitmentOf,
  roundStatementBytes,
  type RoundStatement,
} from '../../src/learning/rounds/statements.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import { SMALL_TERMS, smallBase, updateOf } from '../support/round-base.js';
import { openChain, type ChainUnderTest } from './chain-support.js';

const SUBMISSION = `submission_${'5'.repeat(32)}`;
const signers = [1, 2, 3, 4, 5, 6].map((number) => secp256k1Signer(new Uint8Array(32).fill(number)));
const authors = signers.map(({ publicKey }) => bytesToHex(publicKey));

let chain: ChainUnderTest;
let store: RoundStore;
let desk: RoundDesk;
let reveals: RoundReveals;
let steps: RoundSteps;
let updates: Uint8Array[];

beforeAll(async () => {
  chain = await openChain();
  const { dataSource, log, events } = chain;
  const transactions = new Transactions(dataSource);
  store = new RoundStore(dataSource);
  const base = await smallBase();
  const bases = { of: () => Promise.resolve(ok(base)) } as unknown as RoundBases;
  const expert = base.model.blocks.get('layer0.expert1')?.hash;
  const view = {
    model: 'genesis',
    version: '1.0.0',
    weights: new Map([['layer0.expert1', { block: expert }]]),
  };
  const index = {
    release: (hash: string) => Promise.resolve(hash === SMALL_TERMS.release ? view : null),
    live: () => Promise.resolve(view),
  } as unknown as ParameterIndex;
  const gate = {
    check: (hashes: readonly string[]) =>
      Promise.resolve(hashes.length > 0 ? err(new CodedError('SUBMISSION_DATASET', 'withdrawn')) : ok()),
  } as unknown as DatasetGate;
  const worker = { look: () => undefined } as unknown as RoundWorker;
  // On this thread; the one of a server is met by test/e2e/rounds.test.ts.
  const runner = {
    run: (work: RoundWork) => Promise.resolve(ok(workOnRound(work))),
  } as unknown as RoundRunner;
  const submissions = {
    submit: (_row: unknown, _outcome: unknown, _found: unknown, also: WithSubmission) =>
      transactions.run((manager) => also(manager, SUBMISSION, 'e'.repeat(64))).then(() => ok()),
  } as unknown as RoundSubmissions;
  desk = new RoundDesk(store, bases, index, gate, worker, transactions, log, events);
  reveals = new RoundReveals(store, bases, runner, worker, transactions, log, events);
  steps = new RoundSteps(store, bases, runner, submissions, transactions, log, events);
  updates = authors.map((_, i) => updateOf(base, (place) => 0.01 + Math.sin(place * (i + 1)) / 500));
});
afterAll(() => chain.close());
beforeEach(async () => {
  await chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});

const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.error.code);

async function announced(changes: Partial<RoundTerms> = {}): Promise<string> {
  return unwrap(await desk.announce('announcer', { ...SMALL_TERMS, ...changes })).id;
}

function signed(who: number, statement: RoundStatement) {
  return { statement, signature: bytesToHex(signers[who].sign(roundStatementBytes(statement))) };
}

function joined(id: string, who: number, account = `account ${who}`) {
  return desk.join(account, id, signed(who, { version: 1, kind: 'join', round: id, author: authors[who] }));
}

function committed(id: string, who: number, update = updates[who], of = authors[who]) {
  const commitment = commitmentOf(id, of, nativeSha256Hex(update));
  const statement = { version: 1, kind: 'commit', round: id, author: authors[who], commitment } as const;
  return desk.commit(`account ${who}`, id, signed(who, statement));
}

async function* inPieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 1_000)
    yield await Promise.resolve(bytes.subarray(at, at + 1_000));
}

function revealed(id: string, who: number, update = updates[who]) {
  return reveals.reveal(`account ${who}`, id, { author: authors[who], bytes: inPieces(update) });
}

/** What the worker does with a round whose state is over. */
async function advance(id: string): Promise<string> {
  await chain.dataSource.query(
    `UPDATE learning_rounds SET due_at = now() - interval '1 second' WHERE id = $1`,
    [id],
  );
  const row = unwrap(await store.one(id));
  const stepped = await steps.step(row);
  if (!stepped.ok) await steps.fail(row, stepped.error);
  return unwrap(await store.one(id)).state;
}

/** A round with so many members that commits are taken. */
async function committing(members: number, changes: Partial<RoundTerms> = {}): Promise<string> {
  const id = await announced(changes);
  for (let who = 0; who < members; who++) unwrap(await joined(id, who));
  expect(await advance(id)).toBe('committing');
  return id;
}

async function revealing(members: number, bytes: readonly Uint8Array[] = updates): Promise<string> {
  const id = await committing(members);
  for (let who = 0; who < members; who++) unwrap(await committed(id, who, bytes[who]));
  expect(await advance(id)).toBe('revealing');
  return id;
}

async function kinds(): Promise<string[]> {
  const rows = await chain.dataSource.query<{ kind: string }[]>('SELECT kind FROM log_entries ORDER BY id');
  return rows.map(({ kind }) => kind.replace('learning.round', ''));
}

describe('a round', () => {
  it('goes from announcement to submission, with an entry in the log for every change', async () => {
    const id = await revealing(4);
    for (const who of [2, 0, 3]) unwrap(await revealed(id, who));
    expect(await advance(id)).toBe('aggregated');
    const { outcome } = unwrap(await store.one(id));
    expect(outcome?.members.map(({ author }) => author).sort()).toEqual(
      [authors[0], authors[2], authors[3]].sort(),
    );
    expect(outcome?.absent).toEqual([authors[1]]);
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    expect(codeOf(await revealed(id, 1))).toBe('ROUND_CLOSED');
    expect(await advance(id)).toBe('submitted');
    expect(unwrap(await store.one(id)).submission).toBe(SUBMISSION);
    const [joins, commits, shown] = ['.joined', '.committed', '.revealed'];
    expect(await kinds()).toEqual([
      ...['', joins, joins, joins, joins, '.committing', commits, commits, commits, commits],
      ...['.revealing', shown, shown, shown, '.aggregated', '.submitted'],
    ]);
    const made = await store.shown(id);
    expect(made.map(({ commitment }) => commitment)).toEqual(made.map((each) => each.commitment).sort());
  });

  it('is moved once, however many processes see that its time is over', async () => {
    const id = await revealing(3);
    for (const who of [0, 1, 2]) unwrap(await revealed(id, who));
    const row = unwrap(await store.one(id));
    expect(row.isOver).toBe(true);
    const both = await Promise.all([steps.step(row), steps.step(row)]);
    expect(both.map(codeOf)).toEqual(['ok', 'ok']);
    expect((await kinds()).filter((kind) => kind === '.aggregated')).toHaveLength(1);
  });

  it.each(['announced', 'committing', 'revealing'] as const)(
    'fails with fewer than its minimum when it was %s',
    async (at) => {
      const id =
        at === 'announced' ? await announced() : await (at === 'committing' ? committing(3) : revealing(3));
      for (const who of [0, 1])
        unwrap(
          await (at === 'announced'
            ? joined(id, who)
            : at === 'committing'
              ? committed(id, who)
              : revealed(id, who)),
        );
      expect(await advance(id)).toBe('failed');
      expect(unwrap(await store.one(id))).toMatchObject({ code: 'ROUND_TOO_FEW', outcome: null });
      expect((await kinds()).at(-1)).toBe('.failed');
    },
  );

  it('ends a state at once when nobody is waited for any more', async () => {
    const over = async (id: string) => unwrap(await store.one(id)).isOver;
    const id = await announced({ most: 3 });
    for (const who of [0, 1]) unwrap(await joined(id, who));
    expect(await over(id)).toBe(false);
    unwrap(await joined(id, 2));
    expect(await over(id)).toBe(true);
    expect(codeOf(await joined(id, 3))).toBe('ROUND_CLOSED');
    await advance(id);
    for (const who of [0, 1]) unwrap(await committed(id, who));
    expect(await over(id)).toBe(false);
    unwrap(await committed(id, 2));
    expect(await over(id)).toBe(true);
  });
});

describe('the door of rounds', () => {
  it('lets an account in once, with one key, while the round is announced', async () => {
    const id = await announced();
    expect(codeOf(await joined(id, 0))).toBe('ok');
    expect(codeOf(await joined(id, 0))).toBe('ok');
    expect(codeOf(await joined(id, 0, 'another account'))).toBe('ROUND_MEMBER');
    expect(codeOf(await joined(id, 1, 'account 0'))).toBe('ROUND_MEMBER');
    expect(unwrap(await store.one(id)).counts).toEqual({ members: 1, committed: 0, revealed: 0 });
    expect(codeOf(await committed(id, 0))).toBe('ROUND_CLOSED');
    expect(codeOf(await joined(`round_${'0'.repeat(32)}`, 0))).toBe('ROUND_NOT_FOUND');
  });

  it('takes one commitment of each member, in time', async () => {
    const id = await committing(3);
    expect(codeOf(await committed(id, 5))).toBe('ROUND_NO_MEMBER');
    expect(codeOf(await committed(id, 0))).toBe('ok');
    expect(codeOf(await committed(id, 0))).toBe('ok');
    expect(codeOf(await committed(id, 0, updates[4]))).toBe('ROUND_COMMITTED');
    expect(unwrap(await store.one(id)).counts.committed).toBe(1);
    await chain.dataSource.query(`UPDATE learning_rounds SET due_at = now() WHERE id = $1`, [id]);
    expect(codeOf(await committed(id, 1))).toBe('ROUND_CLOSED');
    expect(codeOf(await revealed(id, 0))).toBe('ROUND_CLOSED');
    // what follows is tried again later: nobody gets in meanwhile
    await store.postpone(unwrap(await store.one(id)), 60_000);
    expect(codeOf(await committed(id, 1))).toBe('ROUND_CLOSED');
  });

  it('is not put off by what was tried in a state before', async () => {
    const id = await committing(3);
    const before = unwrap(await store.one(id));
    for (const who of [0, 1, 2]) unwrap(await committed(id, who));
    expect(await advance(id)).toBe('revealing');
    await store.postpone(before, 60_000);
    expect(unwrap(await store.one(id))).toMatchObject({ state: 'revealing', attempts: 0, isOver: false });
  });

  it('takes only what was committed to, by who committed to it', async () => {
    const id = await committing(4);
    for (const who of [0, 1]) unwrap(await committed(id, who));
    // what somebody else has committed to is worth nothing to a copier, and two may not show the same
    unwrap(await committed(id, 2, updates[0], authors[0]));
    expect(await advance(id)).toBe('revealing');
    expect(codeOf(await revealed(id, 0, updates[1]))).toBe('ROUND_REVEAL_DIFFERS');
    expect(codeOf(await revealed(id, 3))).toBe('ROUND_NOT_COMMITTED');
    expect(codeOf(await revealed(id, 0, new Uint8Array(100_001)))).toBe('ROUND_UPDATE_SIZE');
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    expect(codeOf(await revealed(id, 2, updates[0]))).toBe('ROUND_REVEAL_DIFFERS');
    expect(await store.update(id, nativeSha256Hex(updates[0]))).toEqual(ok(updates[0]));
    expect(codeOf(await store.update(id, 'f'.repeat(64)))).toBe('ROUND_UPDATE_UNKNOWN');
  });

  it('does not count the same update twice', async () => {
    const id = await revealing(3, [updates[0], updates[0], updates[2]]);
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    const member = async () => (await store.members(id)).find(({ author }) => author === authors[1]);
    expect(codeOf(await revealed(id, 1, updates[0]))).toBe('ROUND_UPDATE_COPY');
    expect(codeOf(await revealed(id, 1, updates[0]))).toBe('ROUND_UPDATE_COPY');
    expect(await member()).toMatchObject({ update: null, code: 'ROUND_UPDATE_COPY' });
    expect(unwrap(await store.one(id)).counts.revealed).toBe(1);
  });

  it('notes what can never be taken, by name, and waits for its author no more', async () => {
    const base = await smallBase();
    const [huge, notFinite] = [updateOf(base, () => 1_000), updateOf(base, () => NaN)];
    const bytes = [huge, notFinite, new Uint8Array(50), ...updates];
    const id = await revealing(3, bytes);
    const refused = ['UPDATE_TOO_LARGE', 'UPDATE_NOT_FINITE', 'DELTA_FORMAT'];
    for (const [who, code] of refused.entries()) {
      expect(codeOf(await revealed(id, who, bytes[who]))).toBe(code);
      if (who < 2) expect(codeOf(await revealed(id, who, bytes[who]))).toBe(code);
    }
    const members = await store.members(id);
    expect(members.map(({ author, code }) => [author, code]).sort()).toEqual(
      refused.map((code, who) => [authors[who], code]).sort(),
    );
    expect((await kinds()).filter((kind) => kind === '.refused')).toHaveLength(3);
    expect(unwrap(await store.one(id)).isOver).toBe(true);
    expect(await advance(id)).toBe('failed');
  });

  it('announces only what can be worked on, and not too much at once', async () => {
    const code = async (changes: object) =>
      codeOf(await desk.announce('someone', { ...SMALL_TERMS, ...changes }));
    expect(await code({ seed: 7 })).toBe('ROUND_TERMS');
    expect(await code({ minimum: 2 })).toBe('AGGREGATION_BOUND');
    expect(await code({ model: 'other' })).toBe('SUBMISSION_NOT_JUDGED');
    expect(await code({ release: 'a'.repeat(64) })).toBe('RELEASE_NOT_FOUND');
    expect(await code({ datasets: ['a'.repeat(64)] })).toBe('SUBMISSION_DATASET');
    for (let round = 0; round < 4; round++) expect(await code({ seed: String(round) })).toBe('ok');
    expect(await code({ seed: 'more' })).toBe('ROUND_QUOTA');
    expect(codeOf(await desk.announce('someone else', SMALL_TERMS))).toBe('ok');
  });
});
