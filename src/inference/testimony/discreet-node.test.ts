import { CodedError, err, ok } from '../../common/index.js';
import { discreetly } from './discreet-node.js';

const question = { of: 'states', first: 0, end: 1 } as const;

it.each([
  ['NODE_UNREACHABLE', 'the node cannot be reached'],
  ['NODE_REFUSED', 'the node refuses with RECEIPT_PRIVATE'],
])('tells of %s no more than: %s', async (code, message) => {
  const causes: string[] = [];
  const cause = 'connect ECONNREFUSED 10.0.0.1:443';
  const refusal = err(new CodedError(code, cause, { refusal: 'RECEIPT_PRIVATE' }));
  const log = (told: string) => void causes.push(told);
  const ask = discreetly(async () => refusal, log);
  expect(await ask(question)).toMatchObject({ ok: false, error: { code, message } });
  expect(causes).toEqual([cause]);
});

it('passes on what the node says, and other refusals', async () => {
  const rows = ok(['ab']);
  const log = () => undefined;
  expect(await discreetly(async () => rows, log)(question)).toBe(rows);
  const refusal = err(new CodedError('NODE_TOO_SLOW', 'too slow'));
  expect(await discreetly(async () => refusal, log)(question)).toBe(refusal);
});
