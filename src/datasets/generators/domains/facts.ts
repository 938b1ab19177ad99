import type { Domain, ExampleKind } from '../example.js';
import { article, listOf } from './vocabulary.js';

const CAPITALS = [
  'France Paris,Germany Berlin,Italy Rome,Spain Madrid,Portugal Lisbon,Norway Oslo,Sweden Stockholm,Finland Helsinki',
  'Poland Warsaw,Austria Vienna,Greece Athens,Ireland Dublin,Egypt Cairo,Kenya Nairobi,Japan Tokyo,South_Korea Seoul',
  'India New_Delhi,Peru Lima,Canada Ottawa,Cuba Havana',
].flatMap((line) => line.split(',').map((pair) => listOf(pair).map((name) => name.replace('_', ' '))));
const LEGS = [
  ['spider', 8],
  ['bee', 6],
  ['dog', 4],
  ['hen', 2],
  ['ant', 6],
  ['horse', 4],
  ['owl', 2],
  ['crab', 10],
] as const;
const SOUNDS =
  'dog barks,cat meows,cow moos,sheep bleats,horse neighs,duck quacks,lion roars,owl hoots,frog croaks,pig oinks'
    .split(',')
    .map(listOf);
const PLANETS = listOf('Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune');
const ORDINALS = listOf('first second third fourth fifth sixth seventh eighth');

const capitalised = (text: string) => text[0].toUpperCase() + text.slice(1);

const capitalCity: ExampleKind = (random) => {
  const [country, city] = random.pick(CAPITALS);
  const prompt = random.pick([
    `What is the capital of ${country}?`,
    `Name the capital of ${country}.`,
    `Which city is the capital of ${country}?`,
    `${city} is the capital of which country?`,
  ]);
  const completion = prompt.startsWith(city)
    ? `${city} is the capital of ${country}.`
    : `The capital of ${country} is ${city}.`;
  return { prompt, completion };
};

const legs: ExampleKind = (random) => {
  const [animal, each] = random.pick(LEGS);
  const count = random.int(1, 5);
  const one = `${article(animal)} ${animal}`;
  return count === 1
    ? { prompt: `How many legs does ${one} have?`, completion: `${capitalised(one)} has ${each} legs.` }
    : {
        prompt: `How many legs do ${count} ${animal}s have?`,
        completion: `${count} ${animal}s have ${each * count} legs.`,
      };
};

const sounds: ExampleKind = (random) => {
  const [animal, sound] = random.pick(SOUNDS);
  const one = `${article(animal)} ${animal}`;
  const asks = [`What sound does ${one} make?`, `Tell me the sound of ${one}.`, `Which animal ${sound}?`];
  return { prompt: random.pick(asks), completion: `${capitalised(one)} ${sound}.` };
};

const planets: ExampleKind = (random) => {
  const i = random.int(0, PLANETS.length - 1);
  const prompt = random.pick([
    `Which is the ${ORDINALS[i]} planet from the Sun?`,
    `Name planet number ${i + 1} from the Sun.`,
  ]);
  return { prompt, completion: `The ${ORDINALS[i]} planet is ${PLANETS[i]}.` };
};

/** Capitals, animals and planets: what a model has to remember rather than work out. */
export const facts: Domain = {
  name: 'facts',
  judgedBy: 'exact',
  weight: 1.5,
  draw: (random) => random.pick([capitalCity, capitalCity, legs, sounds, planets])(random),
};
