import { err, ok, unwrap } from '../../common/index.js';
import type { Transactions } from '../../database/index.js';
import type { ParameterIndex } from '../../experts/index.js';
import { withoutExperts } from '../../experts/tensorblock/left-out.js';
import type { LogAppender, LogEntryInput } from '../../log/index.js';
import { smallConfig } from '../../../test/support/engine.js';
import type { SubmissionStore } from '../submission/submission-store.js';
import type { ExampleSources } from '../evaluation/example-sources.js';
import { setMissing } from '../sealed/sealed-examples.js';
import { removalHash } from './removal-effect.js';
import { RemovalDesk } from './removal-desk.js';
import type { RemovalRow, RemovalStatement } from './removal-row.js';
import type { RemovalStore } from './removal-store.js';

const OWN = 'layer1.expert2';
const GUARDIAN = { account: 'guardian', mayAll: true };

/** A desk before a model of two layers of four experts, of which a token needs two and `layer0.expert3` is left out. */
function deskOf(open = 0, model = 'genesis') {
  const config = withoutExperts(smallConfig(), ['layer0.expert3']);
  const names = [0, 1].flatMap((layer) => [0, 1, 2, 3].map((expert) => `layer${layer}.expert${expert}`));
  const weights = new Map(
    names.filter((name) => name !== 'layer0.expert3').map((name) => [name, { block: `block of ${name}` }]),
  );
  const live = { release: 'a'.repeat(64), model, config, weights };
  const rows = new Map<string, RemovalRow>();
  const entries: LogEntryInput[] = [];
  const store = {
    find: (id: string) => Promise.resolve(rows.get(id) ?? null),
    one: (id: string) => Promise.resolve({ ok: true, value: rows.get(id) }),
    open: () => Promise.resolve(open),
    hold: (_: unknown, id: string) => Promise.resolve(rows.get(id)),
    move: (_: unknown, row: RemovalRow, state: RemovalRow['state'], changes: object) =>
      Promise.resolve(void rows.set(row.id, { ...row, state, ...changes })),
    insert: (_: unknown, id: string, account: string, statement: RemovalStatement) =>
      Promise.resolve(
        void rows.set(id, { id, account, statement, state: 'received', decision: null } as RemovalRow),
      ),
  };
  const desk = new RemovalDesk(
    { live: (name: string) => Promise.resolve(name === model ? live : null) } as unknown as ParameterIndex,
    {
      isAuthor: (account: string, blocks: readonly string[]) =>
        Promise.resolve(account === 'author' && blocks.every((block) => block === `block of ${OWN}`)),
    } as unknown as SubmissionStore,
    store as unknown as RemovalStore,
    {
      run: <T>(work: (manager: unknown) => T) => work({ query: () => Promise.resolve() }),
    } as unknown as Transactions,
    {
      append: (_: unknown, added: LogEntryInput[]) => Promise.resolve(void entries.push(...added)),
      committed: () => undefined,
    } as unknown as LogAppender,
    {
      check: (name: string) => Promise.resolve(name === 'genesis' ? ok() : err(setMissing(name))),
    } as unknown as ExampleSources,
  );
  const ask = (experts: readonly string[], asker = GUARDIAN, name = model) =>
    desk.ask(asker, { model: name, experts, reason: 'because' });
  const code = async (...of: Parameters<typeof ask>) => {
    const asked = await ask(...of);
    return asked.ok ? null : [asked.error.code, asked.error.status];
  };
  return { ask, code, rows, entries };
}

describe('a request that experts be left out', () => {
  it('is refused for what cannot be left out', async () => {
    const { code, entries } = deskOf();
    expect(await code([OWN], GUARDIAN, 'nobody')).toEqual(['MODEL_NOT_LIVE', 404]);
    expect(await code(['layer2.expert0'])).toEqual(['EXPERT_UNKNOWN', 404]);
    expect(await code(['layer1.expert4'])).toEqual(['EXPERT_UNKNOWN', 404]);
    expect(await code(['layer0.expert3'])).toEqual(['EXPERT_LEFT_OUT', 409]);
    expect(await code(['layer0.expert0', 'layer0.expert1'])).toEqual(['EXPERTS_TOO_FEW', 409]);
    expect(await code(['layer1.expert0', 'layer1.expert1', OWN])).toEqual(['EXPERTS_TOO_FEW', 409]);
    expect(entries).toEqual([]);
  });

  it('is for guardians, and for whoever has trained every one of them', async () => {
    const { code } = deskOf();
    const author = { account: 'author', mayAll: false };
    expect(await code([OWN], { account: 'somebody', mayAll: false })).toEqual(['REMOVAL_FORBIDDEN', 403]);
    expect(await code([OWN, 'layer1.expert0'], author)).toEqual(['REMOVAL_FORBIDDEN', 403]);
    expect(await code([OWN], author)).toBeNull();
  });

  it('is refused where nothing can be measured, and where too much is open', async () => {
    expect(await deskOf(0, 'other').code([OWN])).toEqual(['SEALED_SET_MISSING', 409]);
    expect(await deskOf(8).code([OWN])).toEqual(['REMOVAL_TOO_MANY', 429]);
  });

  it('is one for the same experts, logged once, and begins again where it failed, was rolled back or declined', async () => {
    const { ask, rows, entries } = deskOf();
    const first = unwrap(await ask([OWN, 'layer0.expert1']));
    const again = unwrap(await ask(['layer0.expert1', OWN, OWN]));
    expect([first.created, again.created, again.row.id]).toEqual([true, false, first.row.id]);
    expect(first.row.statement.experts.map(({ name }) => name)).toEqual(['layer0.expert1', OWN]);
    const hash = removalHash(first.row.statement);
    expect(entries).toEqual([
      expect.objectContaining({ kind: 'learning.removal', subject: first.row.id, hash }),
    ]);
    rows.set(first.row.id, { ...first.row, state: 'failed', code: 'ENGINE_BUSY' });
    const retried = unwrap(await ask([OWN, 'layer0.expert1']));
    expect(retried).toMatchObject({ created: true, row: { state: 'received', code: null } });
    expect(entries).toHaveLength(1);
    rows.set(first.row.id, { ...first.row, state: 'released' });
    const rolledBack = unwrap(await ask([OWN, 'layer0.expert1']));
    expect([rolledBack.created, rolledBack.row.id === first.row.id]).toEqual([true, false]);
    expect(entries).toHaveLength(2);
    // It was measured and decided about: what follows is another question.
    const { row } = rolledBack;
    rows.set(row.id, { ...row, state: 'failed', code: 'REMOVAL_DECLINED', decision: 'decision_1' });
    const declined = unwrap(await ask([OWN, 'layer0.expert1']));
    expect(declined).toMatchObject({ created: true, row: { state: 'received', decision: null } });
    expect([first.row.id, row.id]).not.toContain(declined.row.id);
    expect(entries).toHaveLength(3);
  });

  it.each(['SEALED_SET_EXHAUSTED', 'SEALED_SET_MISSING'])(
    'has an entry of its own after one that found no examples: %s',
    async (code) => {
      const { ask, rows, entries } = deskOf();
      const { row } = unwrap(await ask([OWN]));
      rows.set(row.id, { ...row, state: 'failed', code });
      const again = unwrap(await ask([OWN]));
      expect(again).toMatchObject({ created: true, row: { state: 'received' } });
      expect(entries.map(({ subject }) => subject)).toEqual([row.id, again.row.id]);
      expect(again.row.id).not.toBe(row.id);
    },
  );
});
