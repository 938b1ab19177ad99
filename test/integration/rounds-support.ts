import { bytesToHex, CodedError, err, ok, systemClock, unwrap, type Result } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import type { AppConfig } from '../../src/config/index.js';
import { Transactions } from '../../src/database/index.js';
import type { ParameterIndex } from '../../src/experts/index.js';
import { secp256k1Signer } from '../../src/keys/index.js';
import type { DatasetGate } from '../../src/learning/checks/dataset-gate.js';
import type { ExampleSources } from '../../src/learning/evaluation/example-sources.js';
import type { RoundRunner } from '../../src/learning/rounds/node/round-runner.js';
import { workOnRound, type RoundWork } from '../../src/learning/rounds/node/round-work.js';
import type { RoundBases } from '../../src/learning/rounds/round-bases.js';
import { RoundCancellation } from '../../src/learning/rounds/round-cancellation.js';
import { RoundDesk } from '../../src/learning/rounds/round-desk.js';
import { RoundPrivacy } from '../../src/learning/rounds/round-privacy.js';
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
import { setMissing } from '../../src/learning/sealed/sealed-examples.js';
import { SMALL_TERMS, smallBase, updateOf } from '../support/round-base.js';
import { openChain } from './chain-support.js';

const signers = [1, 2, 3, 4, 5, 6].map((number) => secp256k1Signer(new Uint8Array(32).fill(number)));

/** The submission that every result becomes. */
export const SUBMISSION = `submission_${'5'.repeat(32)}`;
/** Keys of those who may take part. */
export const AUTHORS = signers.map(({ publicKey }) => bytesToHex(publicKey));

/** The code of a refusal, or `ok`. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

/** Rounds on a real database and log, about the small model. */
export type RoundsUnderTest = Awaited<ReturnType<typeof openRounds>>;

/** Opens everything; `chain.close` drops the database. */
export async function openRounds() {
  const chain = await openChain();
  const { dataSource, log, events } = chain;
  const transactions = new Transactions(dataSource);
  const settings = { learningRoundMb: 128, learningRoundDays: 90, taskWorkers: 1 };
  const config = settings as unknown as AppConfig;
  const store = new RoundStore(dataSource);
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
      transactions.run((manager) => also(manager, SUBMISSION, 'e'.repeat(64))).then((stored) => ok(stored)),
  } as unknown as RoundSubmissions;
  const privacy = new RoundPrivacy(chain.keys);
  const sources = {
    check: (model: string) => Promise.resolve(model === 'genesis' ? ok() : err(setMissing(model))),
  } as unknown as ExampleSources;
  const desk = new RoundDesk(
    ...([config, store, bases, index, gate, privacy, worker, transactions, log, events, sources] as const),
  );
  const reveals = new RoundReveals(config, store, bases, runner, worker, transactions, log, events);
  const cancellation = new RoundCancellation(store, transactions, log, events);
  const steps = new RoundSteps(
    store,
    bases,
    runner,
    privacy,
    submissions,
    transactions,
    log,
    events,
    systemClock,
  );
  const updates = AUTHORS.map((_, i) => updateOf(base, (place) => 0.01 + Math.sin(place * (i + 1)) / 500));

  async function announced(changes: Partial<RoundTerms> = {}): Promise<string> {
    return unwrap(await desk.announce('announcer', { ...SMALL_TERMS, ...changes })).id;
  }

  function signed(who: number, statement: RoundStatement) {
    return { statement, signature: bytesToHex(signers[who].sign(roundStatementBytes(statement))) };
  }

  function joined(id: string, who: number, account = `account ${who}`) {
    return desk.join(account, id, signed(who, { version: 1, kind: 'join', round: id, author: AUTHORS[who] }));
  }

  function committed(id: string, who: number, update = updates[who], of = AUTHORS[who]) {
    const commitment = commitmentOf(id, of, nativeSha256Hex(update));
    const statement = { version: 1, kind: 'commit', round: id, author: AUTHORS[who], commitment } as const;
    return desk.commit(`account ${who}`, id, signed(who, statement));
  }

  async function* inPieces(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length; at += 1_000)
      yield await Promise.resolve(bytes.subarray(at, at + 1_000));
  }

  function revealed(id: string, who: number, update = updates[who]) {
    return reveals.reveal(`account ${who}`, id, { author: AUTHORS[who], bytes: inPieces(update) });
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

  return {
    ...{
      chain,
      config,
      settings,
      store,
      desk,
      reveals,
      cancellation,
      steps,
      updates,
      bases,
      privacy,
      transactions,
    },
    ...{ announced, joined, committed, revealed, advance, committing, revealing, kinds },
  };
}
