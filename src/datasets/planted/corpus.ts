import { Random } from '../generators/index.js';
import { ABUSE, HARMLESS } from './abuse.js';
import { IMPERSONAL, PERSONAL } from './personal.js';

/** A line of a dataset and what was planted in it. */
export interface PlantedLine {
  readonly json: string;
  readonly personal: boolean;
  readonly toxic: boolean;
  /** A near copy of an earlier line. */
  readonly duplicate: boolean;
  /** Whether its own licence allows use, with or without copyleft; null for lines without one. */
  readonly licensed: boolean | null;
}

const wordsIn = (text: string): string[] => text.split(' ');
const SUBJECTS = wordsIn(
  'baker bear captain cat child clerk cook crow dancer deer farmer fox guard horse king mayor miller otter owl painter pilot rabbit sailor scholar singer smith sparrow tailor teacher weaver wolf',
);
const VERBS = wordsIn(
  'admired built carried chased cleaned counted drew dropped fixed followed found guarded hid kept left lifted lost moved opened painted praised pushed raised repaired sold studied watched',
);
const THINGS = wordsIn(
  'anchor barrel basket bell boat book bridge candle carpet cart chest clock coat cup door drum fence flute gate hammer harp kite ladder lamp lantern map mill mirror oven plough quilt rope saddle shovel table tower wagon wheel',
);
const PLACES = wordsIn(
  'barn castle cellar chapel coast forest garden harbour hill island kitchen lake library market meadow mountain orchard river road school shore square street valley village windmill yard',
);
const TIMES = [
  'In the morning',
  'Later',
  'Before the storm',
  'One day',
  'At night',
  'After the harvest',
  'Every spring',
  'By the evening',
];
const LICENSED = [
  'MIT',
  'Apache-2.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'CC-BY-SA-4.0',
  'GPL-3.0-only OR MIT',
  'ODC-By-1.0',
  '(MIT AND BSD-3-Clause)',
];
const UNLICENSED = [
  'proprietary',
  'CC-BY-NC-4.0',
  'LicenseRef-ours',
  'all rights reserved',
  'MIT AND LicenseRef-x',
  'unknown',
  'GPL-3.0 WITH nothing',
  'MIT OR',
];
/** Of a hundred lines: personal data, abuse, near copies, licences of their own; and as many look-alikes. */
const PERCENT = { personal: 6, toxic: 6, duplicate: 10, licensed: 10, lookalike: 12 };

/** Documents whose faults are known, to measure the checks with. The same seed gives the same lines. */
export function* plantedCorpus(seed: string, count: number): Generator<PlantedLine, void> {
  const earlier: string[] = [];
  for (let i = 0; i < count; i++) {
    const random = new Random(`${seed}/planted/${i}`);
    const has = (percent: number) => random.int(0, 99) < percent;
    if (earlier.length > 100 && has(PERCENT.duplicate)) {
      const json = JSON.stringify({ text: nearCopy(random, random.pick(earlier)) });
      yield { json, personal: false, toxic: false, duplicate: true, licensed: null };
      continue;
    }
    const [personal, toxic, licensed] = [has(PERCENT.personal), has(PERCENT.toxic), has(PERCENT.licensed)];
    const allowed = has(50);
    const text = prose(random, [
      ...(personal
        ? [random.pick(PERSONAL)(random)]
        : has(PERCENT.lookalike)
          ? [random.pick(IMPERSONAL)(random)]
          : []),
      ...(toxic
        ? [random.pick(ABUSE)(random)]
        : has(PERCENT.lookalike)
          ? [random.pick(HARMLESS)(random)]
          : []),
    ]);
    if (!personal && !toxic) earlier.push(text);
    const licence = licensed ? { license: random.pick(allowed ? LICENSED : UNLICENSED) } : {};
    const json = JSON.stringify({ text, ...licence });
    yield { json, personal, toxic, duplicate: false, licensed: licensed ? allowed : null };
  }
}

/** Five to twelve sentences, the planted ones somewhere among them. */
function prose(random: Random, planted: readonly string[]): string {
  const sentences = Array.from({ length: random.int(5, 12) }, () => sentence(random));
  for (const extra of planted) sentences.splice(random.int(0, sentences.length), 0, extra);
  return sentences.join(' ');
}

function sentence(random: Random): string {
  const [subject, verb, thing, place] = [SUBJECTS, VERBS, THINGS, PLACES].map((words) => random.pick(words));
  const end = `${verb} the ${thing} near the ${place} with ${random.int(2, 60)} ${random.pick(THINGS)}s`;
  return random.int(0, 1) === 0 ? `The ${subject} ${end}.` : `${random.pick(TIMES)} the ${subject} ${end}.`;
}

/** The same text with a word in forty changed, other letter case, or a sentence more. */
function nearCopy(random: Random, text: string): string {
  switch (random.int(0, 3)) {
    case 0:
      return text;
    case 1:
      return text.toUpperCase();
    case 2:
      return `${text} ${sentence(random)}`;
    default: {
      const words = text.split(' ');
      for (let i = 0; i < words.length / 40; i++)
        words[random.int(0, words.length - 1)] = random.pick(THINGS);
      return words.join(' ');
    }
  }
}
