import type { Domain, ExampleKind } from '../example.js';
import { ANIMALS, COLOURS, FRUITS, listOf, OBJECTS } from './vocabulary.js';

const OPPOSITES = [
  'hot cold,big small,fast slow,happy sad,light dark,early late,full empty,hard soft,high low,old new',
  'open closed,rich poor,strong weak,wet dry,young old,near far,loud quiet,thick thin,clean dirty',
  'brave afraid,deep shallow,wide narrow,sharp blunt,heavy light,true false,right wrong,first last,up down',
].flatMap((line) => line.split(',').map(listOf));
const LISTS = [ANIMALS, COLOURS, FRUITS, OBJECTS];

const opposite: ExampleKind = (random) => {
  const [a, b] = random.pick(OPPOSITES);
  const ask = random.pick(['What is the opposite of', 'Name the opposite of', 'Give me the opposite of']);
  return {
    prompt: `${ask} ${a}${ask.startsWith('What') ? '?' : '.'}`,
    completion: `The opposite of ${a} is ${b}.`,
  };
};

const sorting: ExampleKind = (random) => {
  const items = random.sample(random.pick(LISTS), random.int(3, 5));
  return { prompt: `Sort these words: ${items.join(', ')}.`, completion: `${items.toSorted().join(', ')}.` };
};

const reversing: ExampleKind = (random) => {
  const items = random.sample(random.pick(LISTS), random.int(3, 6));
  return {
    prompt: `Reverse this list: ${items.join(', ')}.`,
    completion: `${items.toReversed().join(', ')}.`,
  };
};

const counting: ExampleKind = (random) => {
  const items = random.sample(random.pick(LISTS), random.int(2, 9));
  return { prompt: `How many words are in this list: ${items.join(', ')}?`, completion: `${items.length}.` };
};

const oddOneOut: ExampleKind = (random) => {
  const others = random.pick([ANIMALS, FRUITS]);
  const odd = random.pick([COLOURS, OBJECTS]);
  const items = random.sample([...random.sample(others, 3), random.pick(odd)], 4);
  return {
    prompt: `Which word does not belong: ${items.join(', ')}?`,
    completion: `${items.find((item) => odd.includes(item))}.`,
  };
};

/** Sorting, reversing and counting words, finding the odd one, opposites. */
export const words: Domain = {
  name: 'words',
  judgedBy: 'exact',
  weight: 2,
  draw: (random) => random.pick([opposite, sorting, reversing, counting, oddOneOut])(random),
};
