import type { Domain } from '../example.js';
import type { Random } from '../random.js';
import { PLOTS, type Cast } from './plots.js';
import { ANIMALS, article, COLOURS, listOf, NAMES, OBJECTS } from './vocabulary.js';

const TRAITS = listOf('brave clever curious gentle lazy lonely proud quiet shy small');
const PLACES = [
  'a deep forest',
  'a green valley',
  'an old mill',
  'a quiet village',
  'a snowy mountain',
  'a sunny meadow',
  'a windy hill',
  'the bank of a river',
  'the edge of a lake',
  'the foot of a castle',
];

/** Short fairy tales; there is no right one, so they are judged by the loss. */
export const story: Domain = {
  name: 'story',
  judgedBy: 'prose',
  weight: 5,
  draw(random) {
    const cast = castOf(random);
    const prompt = random.pick(wishes(cast));
    const opening = random.pick(openings(cast));
    return { prompt, completion: [opening, ...random.pick(PLOTS)(cast, random)].join(' ') };
  },
};

function castOf(random: Random): Cast {
  const [hero, friend] = random.sample(NAMES, 2);
  const [kind, friendKind] = random.sample(ANIMALS, 2);
  const trait = random.pick(TRAITS);
  const place = random.pick(PLACES);
  const thing = `${random.pick(COLOURS)} ${random.pick(OBJECTS)}`;
  return { hero, friend, kind, friendKind, trait, place, thing };
}

function wishes({ hero, kind, friendKind, trait, thing }: Cast): string[] {
  const a = article(trait);
  return [
    `Tell me a story about ${a} ${trait} ${kind}.`,
    `Write a story about ${a} ${trait} ${kind} named ${hero}.`,
    `Tell me a story with ${article(kind)} ${kind} and ${article(friendKind)} ${friendKind}.`,
    `I want a story about ${article(thing)} ${thing}.`,
    `Write a short story about ${hero} the ${kind}.`,
  ];
}

function openings({ hero, kind, trait, place }: Cast): string[] {
  const a = article(trait);
  return [
    `Once upon a time there was ${a} ${trait} ${kind} named ${hero}, who lived at ${place}.`,
    `Once there lived ${a} ${trait} ${kind} at ${place}, and the name of the ${kind} was ${hero}.`,
    `Long ago, at ${place}, there lived ${a} ${trait} ${kind} called ${hero}.`,
  ];
}
