import { smallConfig } from '../../../test/support/engine.js';
import { operatorsOf } from '../dispute/place.js';
import { checkQuestion, mostRows, type TestimonyQuestion } from './question.js';

const config = smallConfig({ vocabSize: 100_000 });
const length = { promptTokens: 5, outputTokens: 10_000 };
const HEAD = config.layers + 1;

const check = (question: TestimonyQuestion) => checkQuestion(question, config, length);

it.each<[TestimonyQuestion]>([
  [{ of: 'states', first: 0, end: 4_096 }],
  [{ of: 'states', first: 9_999, end: 10_000 }],
  [{ of: 'positions', first: 10_003, end: 10_004 }],
  [{ of: 'sections', first: 0, end: 10 }],
  [{ of: 'operators', section: HEAD, first: 4, end: 6 }],
  [{ of: 'value', section: HEAD, operator: 'logits', rank: 0, first: 4, end: 5 }],
])('answers %j', (question) => {
  expect(check(question).ok).toBe(true);
});

it.each<[string, TestimonyQuestion]>([
  ['no rows', { of: 'states', first: 4, end: 4 }],
  ['rows that there are not', { of: 'states', first: 9_999, end: 10_001 }],
  ['positions behind the last', { of: 'positions', first: 10_004, end: 10_005 }],
  ['too many states', { of: 'states', first: 0, end: 4_097 }],
  ['the head of a position without one', { of: 'operators', section: HEAD, first: 3, end: 6 }],
  ['a section that there is not', { of: 'operators', section: HEAD + 1, first: 4, end: 6 }],
  [
    'an operator of another section',
    { of: 'value', section: 1, operator: 'logits', rank: 0, first: 4, end: 5 },
  ],
  ['a rank that nobody has', { of: 'value', section: 1, operator: 'gate', rank: 9, first: 4, end: 5 }],
  [
    'the logits of two positions',
    { of: 'value', section: HEAD, operator: 'logits', rank: 0, first: 4, end: 6 },
  ],
])('refuses %s', (_, question) => {
  expect(check(question)).toMatchObject({ ok: false, error: { code: 'TESTIMONY_QUESTION', status: 400 } });
});

it('bounds what one answer holds, but always allows one row', () => {
  const operators = operatorsOf(config, 1, true).length;
  expect(mostRows({ of: 'operators', section: 1 }, config)).toBe(Math.floor(4_096 / operators));
  expect(mostRows({ of: 'value', section: HEAD, operator: 'logits', rank: 0 }, config)).toBe(1);
});
