import { ok } from '../../common/index.js';
import type { AskNode } from './asking-witness.js';
import { withinTime } from './within-time.js';

const question = { of: 'states', first: 0, end: 1 } as const;

it('passes on what a side says in time, and tells it how long it has', async () => {
  const given: number[] = [];
  const ask = withinTime(async (_, leftMs) => {
    given.push(leftMs);
    return ok(['ab']);
  }, 600_000);
  expect(await ask(question)).toEqual(ok(['ab']));
  expect(await ask(question)).toEqual(ok(['ab']));
  expect(given[0]).toBe(600_000);
  expect(given[1]).toBeLessThanOrEqual(600_000);
});

it('does not wait for a side that has spent its time, and asks it no more', async () => {
  let asked = 0;
  const silent: AskNode = () => {
    asked += 1;
    return new Promise(() => undefined);
  };
  const ask = withinTime(silent, 20);
  expect(await ask(question)).toMatchObject({ ok: false, error: { code: 'NODE_TOO_SLOW' } });
  expect(await ask(question)).toMatchObject({ ok: false, error: { code: 'NODE_TOO_SLOW' } });
  expect(asked).toBe(1);
});
