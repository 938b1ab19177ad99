import type { Domain, ExampleKind } from '../example.js';
import { CITIES, listOf, NAMES, OBJECTS } from './vocabulary.js';

const JOBS = listOf('baker doctor farmer nurse painter pilot sailor teacher writer');

/** Turning a sentence into JSON: the skill people most often ask a small model for. */
export const extraction: Domain = {
  name: 'extraction',
  judgedBy: 'exact',
  weight: 2,
  draw(random) {
    const name = random.pick(NAMES);
    return random.pick([resident, worker, buyer])(name)(random);
  },
};

const resident =
  (name: string): ExampleKind =>
  (random) => {
    const age = random.int(18, 89);
    const city = random.pick(CITIES);
    const text = random.pick([
      `${name} is ${age} and lives in ${city}.`,
      `${name}, aged ${age}, comes from ${city}.`,
      `In ${city} lives ${name}, who is ${age}.`,
    ]);
    return extract(text, { name, age, city });
  };

const worker =
  (name: string): ExampleKind =>
  (random) => {
    const job = random.pick(JOBS);
    const city = random.pick(CITIES);
    const text = random.pick([
      `${name} works as a ${job} in ${city}.`,
      `${name} is a ${job} from ${city}.`,
      `The ${job} ${name} works in ${city}.`,
    ]);
    return extract(text, { name, job, city });
  };

const buyer =
  (name: string): ExampleKind =>
  (random) => {
    const count = random.int(2, 30);
    const item = random.pick(OBJECTS);
    const price = random.int(1, 99);
    const text = random.pick([
      `${name} bought ${count} ${item}s for ${price} euros.`,
      `For ${price} euros, ${name} got ${count} ${item}s.`,
    ]);
    return extract(text, { name, item, count, price });
  };

function extract(text: string, facts: Readonly<Record<string, string | number>>) {
  return { prompt: `Extract JSON: ${text}`, completion: JSON.stringify(facts) };
}
