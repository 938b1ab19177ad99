import { jest } from '@jest/globals';
import { RoundsController } from '../../src/learning/rounds/http/rounds.controller.js';
import type { SubmissionStatement } from '../../src/learning/submission/statement.js';
import { SubmissionStore } from '../../src/learning/submission/submission-store.js';
import { openRounds, type RoundsUnderTest } from './rounds-support.js';

let rounds: RoundsUnderTest;
beforeAll(async () => {
  rounds = await openRounds();
});
afterAll(() => rounds.chain.close());

it('the list of rounds asks as often for many results as for one', async () => {
  const { cancellation, chain, desk, reveals, store, transactions } = rounds;
  const submissions = new SubmissionStore(chain.dataSource);
  const controller = new RoundsController(desk, reveals, cancellation, store, submissions);
  const statement = { author: 'me', model: 'genesis', release: 'a'.repeat(64) } as SubmissionStatement;
  for (let number = 0; number < 8; number++) {
    const round = `round_${String(number).repeat(32)}`;
    const submission = `submission_${String(number).repeat(32)}`;
    await chain.dataSource.query(
      `INSERT INTO learning_rounds (id, account, model, terms, state, due_at, submission)
       VALUES ($1, 'me', 'genesis', '{}', 'submitted', now(), $2)`,
      [round, submission],
    );
    // The last has a submission that is not there any more.
    if (number === 7) break;
    const row = { id: submission, account: round, statement, signature: '', headers: [], checks: [] };
    await transactions.run((manager) => submissions.insert(manager, { ...row, manifest: {} }));
    const codes = `UPDATE learning_submissions SET code = $2 WHERE id = $1`;
    await chain.dataSource.query(codes, [submission, `CODE_${number}`]);
  }
  const asked = jest.spyOn(chain.dataSource, 'query');
  const queriesFor = async (limit: number) => {
    asked.mockClear();
    const { items } = (await controller.list({ limit })) as { items: { result: { code: string } | null }[] };
    return { queries: asked.mock.calls.length, codes: items.map(({ result }) => result?.code) };
  };
  expect(await queriesFor(2)).toEqual({ queries: 2, codes: [undefined, 'CODE_6'] });
  expect(await queriesFor(100)).toEqual({
    queries: 2,
    codes: [undefined, ...[6, 5, 4, 3, 2, 1, 0].map((number) => `CODE_${number}`)],
  });
  await chain.dataSource.query('UPDATE learning_rounds SET submission = NULL');
  expect((await queriesFor(100)).queries).toBe(1);
});
