import { CodedError, err, ok } from '../../common/index.js';
import { heard, runReferee } from './referee-runner.js';
import type { RefereeThreadData } from './referee-work.js';

const question = { of: 'states', first: 0, end: 1 } as const;

it('passes on what a side says, and what it refuses', async () => {
  const rows = ok(['ab']);
  expect(await heard(async () => rows, question)).toBe(rows);
  const refusal = err(new CodedError('NODE_REFUSED', 'no'));
  expect(await heard(async () => refusal, question)).toBe(refusal);
});

it('makes a refusal of what asking throws, and keeps the cause to itself', async () => {
  const rejecting = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:5432'));
  const message = 'No testimony: the question could not be put.';
  expect(await heard(rejecting, question)).toMatchObject({
    error: { code: 'TESTIMONY_FAILED', message, status: 503 },
  });
});

it('ends when nobody waits for the verdict any more', async () => {
  const never = {
    a: () => new Promise<never>(() => undefined),
    b: () => new Promise<never>(() => undefined),
  };
  const data = {} as RefereeThreadData;
  const leaving = new AbortController();
  const verdict = runReferee(data, never, leaving.signal);
  leaving.abort();
  expect(await verdict).toMatchObject({ error: { code: 'CANCELLED' } });
  expect(await runReferee(data, never, leaving.signal)).toMatchObject({ error: { code: 'CANCELLED' } });
});
