import type { Domain, ExampleKind } from '../example.js';
import { NAMES, OBJECTS } from './vocabulary.js';

const SCALES = [
  ['taller', 'tallest', 'shortest'],
  ['older', 'oldest', 'youngest'],
  ['faster', 'fastest', 'slowest'],
  ['stronger', 'strongest', 'weakest'],
];

/** Things that change hands. */
const giving: ExampleKind = (random) => {
  const [name, other] = random.sample(NAMES, 2);
  const item = random.pick(OBJECTS);
  const has = random.int(3, 20);
  const given = random.int(1, 3);
  const gets = random.pick([true, false]);
  const verb = gets ? `gets ${given} more from ${other}` : `gives ${given} to ${other}`;
  return {
    prompt: `${name} has ${has} ${item}s and ${verb}. How many ${item}s does ${name} have?`,
    completion: `${name} has ${gets ? has + given : has - given} ${item}s.`,
  };
};

/** Who is first or last when each is compared with the next. */
const ordering: ExampleKind = (random) => {
  const people = random.sample(NAMES, random.int(3, 4));
  const [more, most, least] = random.pick(SCALES);
  const compared = people.slice(1).map((lower, i) => `${people[i]} is ${more} than ${lower}.`);
  const clues = random.sample(compared, compared.length);
  const top = random.pick([true, false]);
  const end = top ? most : least;
  return {
    prompt: `${clues.join(' ')} Who is the ${end}?`,
    completion: `${top ? people[0] : people.at(-1)} is the ${end}.`,
  };
};

/** Ordering puzzles and small word problems. */
export const logic: Domain = {
  name: 'logic',
  judgedBy: 'exact',
  weight: 2.5,
  draw: (random) => random.pick([giving, ordering, ordering])(random),
};
