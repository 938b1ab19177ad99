import type { Domain, ExampleKind } from '../example.js';
import { listOf } from './vocabulary.js';

const FACTORS = [
  ['km', 'm', 1000],
  ['m', 'cm', 100],
  ['kg', 'g', 1000],
  ['hours', 'minutes', 60],
  ['minutes', 'seconds', 60],
  ['days', 'hours', 24],
  ['weeks', 'days', 7],
  ['litres', 'ml', 1000],
] as const;
const DAYS = listOf('Monday Tuesday Wednesday Thursday Friday Saturday Sunday');
const MONTHS = listOf(
  'January February March April May June July August September October November December',
);

/** From a larger unit to a smaller one. */
const conversion: ExampleKind = (random) => {
  const [from, to, factor] = random.pick(FACTORS);
  const amount = random.int(2, 60);
  const prompt = random.pick([
    `Convert ${amount} ${from} to ${to}.`,
    `How many ${to} are ${amount} ${from}?`,
  ]);
  return { prompt, completion: `${amount} ${from} is ${amount * factor} ${to}.` };
};

/** Days of the week and months, around the end as well. */
const calendar: ExampleKind = (random) => {
  const names = random.pick([DAYS, MONTHS]);
  const noun = names === DAYS ? 'day' : 'month';
  const start = random.int(0, names.length - 1);
  const steps = random.int(1, 4);
  const after = random.pick([true, false]);
  const end = (start + (after ? steps : -steps) + names.length) % names.length;
  const distance = `${steps} ${noun}${steps === 1 ? '' : 's'}`;
  return {
    prompt: `Which ${noun} is ${distance} ${after ? 'after' : 'before'} ${names[start]}?`,
    completion: `${names[end]}.`,
  };
};

/** Conversions, days and months. */
export const units: Domain = {
  name: 'units',
  judgedBy: 'exact',
  weight: 2,
  draw: (random) => random.pick([calendar, conversion, conversion, conversion])(random),
};
