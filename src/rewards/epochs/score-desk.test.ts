import { CodedError, err, ok, utf8ToBytes } from '../../common/index.js';
import type { ReceiptService } from '../../inference/index.js';
import type { LogAppender, LogEntryInput, LogReader } from '../../log/index.js';
import { encodeLeaf } from '../../log/entry.js';
import type { EpochStore } from './epoch-store.js';
import { ScoreDesk } from './score-desk.js';
import { scoreCommitment } from './score.js';

const RECEIPT = `rcpt_${'1'.repeat(32)}`;
const PAYER = '2'.repeat(32);
const opening = { receipt: RECEIPT, salt: '3'.repeat(64), score: 800_000 };

/** A desk on a log in memory that holds one answer of ada's; `end` is where the newest epoch ends. */
function aDesk({ end = 0, payer = PAYER as string | null } = {}) {
  const leaves: { entry: LogEntryInput; leaf: string }[] = [];
  const append = (entry: LogEntryInput) => leaves.push({ entry, leaf: encodeLeaf(entry, 1) }) - 1;
  const data: LogEntryInput['data'] = payer === null ? {} : { payer };
  append({ kind: 'receipt', subject: RECEIPT, actor: 'node', hash: '4'.repeat(64), data });
  const find = (subject: string, kind: string) =>
    leaves.findIndex(({ entry }) => entry.subject === subject && entry.kind === kind);
  const state = { end };
  const receipts = {
    ownedBy: async (_: string, account: string) =>
      account === 'ada' ? ok() : err(new CodedError('RECEIPT_PRIVATE', 'not yours', {}, 403)),
  } as unknown as ReceiptService;
  const log = {
    leafOf: async (subject: string, kind: string) => {
      const index = find(subject, kind);
      return index < 0 ? null : { index, leaf: leaves[index].leaf };
    },
  } as unknown as LogReader;
  const appender = {
    publishOnce: async (entry: LogEntryInput) => {
      const known = find(entry.subject, entry.kind);
      const index = known < 0 ? append(entry) : known;
      return { index, leaf: utf8ToBytes(leaves[index].leaf) };
    },
  } as unknown as LogAppender;
  const newest = async () => (state.end === 0 ? null : { epoch: 1, hash: '', record: recordUpTo(state.end) });
  const desk = new ScoreDesk(receipts, log, appender, { newest } as unknown as EpochStore);
  return { desk, leaves, state };
}

function recordUpTo(end: number): object {
  const owed = {};
  const after = { alpha: '1', beta: '1', catalyst_spent: '0', year: 0, year_budget: '0', year_issued: '0' };
  return {
    ...{
      format: 'stemma.epoch.v1',
      epoch: 1,
      previous: null,
      first: 0,
      end,
      root: '5'.repeat(64),
      policy: {},
    },
    after: { ...after, budgeted: '0', owed },
  };
}

const codeOf = async (outcome: Promise<{ ok: boolean; error?: CodedError }>) => {
  const { ok: taken, error } = await outcome;
  return taken ? 'taken' : error?.code;
};

describe('scores of answers', () => {
  it('are committed to, and revealed when the epoch is over', async () => {
    const { desk, leaves, state } = aDesk();
    expect(await desk.commit(RECEIPT, 'ada', scoreCommitment(opening))).toEqual(ok(1));
    expect(await codeOf(desk.reveal('ada', opening))).toBe('SCORE_TOO_EARLY');
    state.end = 1;
    expect(await codeOf(desk.reveal('ada', opening))).toBe('SCORE_TOO_EARLY');
    state.end = 2;
    expect(await desk.reveal('ada', opening)).toEqual(ok(2));
    expect(leaves[2].entry).toMatchObject({
      ...{ kind: 'rewards.score.revealed', subject: RECEIPT, actor: PAYER },
      data: { answer: 0, commit: 1, salt: opening.salt, score: opening.score },
    });
  });

  it('are committed to once', async () => {
    const { desk, leaves } = aDesk();
    const commitment = scoreCommitment(opening);
    await desk.commit(RECEIPT, 'ada', commitment);
    expect(await desk.commit(RECEIPT, 'ada', commitment)).toEqual(ok(1));
    const other = scoreCommitment({ ...opening, score: 0 });
    expect(await codeOf(desk.commit(RECEIPT, 'ada', other))).toBe('SCORE_EXISTS');
    expect(leaves).toHaveLength(2);
  });

  it('come from whoever asked, and are those that were committed to', async () => {
    const { desk } = aDesk({ end: 5 });
    expect(await codeOf(desk.reveal('ada', opening))).toBe('SCORE_UNKNOWN');
    expect(await codeOf(desk.commit(RECEIPT, 'bob', scoreCommitment(opening)))).toBe('RECEIPT_PRIVATE');
    await desk.commit(RECEIPT, 'ada', scoreCommitment(opening));
    expect(await codeOf(desk.reveal('bob', opening))).toBe('RECEIPT_PRIVATE');
    expect(await codeOf(desk.reveal('ada', { ...opening, score: 900_000 }))).toBe('SCORE_OPENING');
    const old = aDesk({ payer: null });
    expect(await codeOf(old.desk.commit(RECEIPT, 'ada', scoreCommitment(opening)))).toBe('RECEIPT_UNPAID');
  });
});
