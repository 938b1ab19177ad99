import type { Domain, Example } from '../example.js';
import type { Random } from '../random.js';

const ASK = ['What is', 'Compute', 'Work out', 'Calculate'];
/** Operators and limits that are listed twice are twice as likely. */
const OPERATORS = ['+', '+', '-', '-', 'x'];
const LIMITS = [9, 99, 99, 999];

/** Sums, differences without a sign, and the small multiplication table. */
export const arithmetic: Domain = {
  name: 'arithmetic',
  judgedBy: 'exact',
  weight: 3,
  draw(random) {
    const ask = random.pick(ASK);
    const operator = random.pick(OPERATORS);
    const [a, b, result] = operator === 'x' ? product(random) : sum(random, operator);
    return question(ask, `${a} ${operator} ${b}`, result);
  },
};

function product(random: Random): [a: number, b: number, result: number] {
  const a = random.int(2, 12);
  const b = random.int(2, 12);
  return [a, b, a * b];
}

function sum(random: Random, operator: string): [a: number, b: number, result: number] {
  const limit = random.pick(LIMITS);
  const a = random.int(1, limit);
  const b = random.int(1, limit);
  if (operator === '+') return [a, b, a + b];
  return a < b ? [b, a, b - a] : [a, b, a - b];
}

function question(ask: string, term: string, result: number): Example {
  return { prompt: `${ask} ${term}${ask === 'What is' ? '?' : '.'}`, completion: `${term} = ${result}.` };
}
