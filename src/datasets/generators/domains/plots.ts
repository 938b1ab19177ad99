import type { Random } from '../random.js';
import { article } from './vocabulary.js';

const WEATHER = [
  'one bright morning',
  'one cold evening',
  'one rainy day',
  'one windy night',
  'one warm afternoon',
];

/** Who and what a story is about. */
export interface Cast {
  readonly hero: string;
  readonly kind: string;
  readonly trait: string;
  readonly place: string;
  readonly friend: string;
  readonly friendKind: string;
  readonly thing: string;
}

/** The sentences after the opening: a problem, how it is met, and what is learnt. */
export type Plot = (cast: Cast, random: Random) => string[];

const lostThing: Plot = (c, r) => [
  `${c.hero} had ${article(c.thing)} ${c.thing} and loved it more than anything.`,
  `But ${r.pick(WEATHER)} the ${c.thing} was gone.`,
  r.pick([
    `${c.hero} looked under the bed, behind the door and up in the tree.`,
    `${c.hero} looked in every corner and asked everyone on the road.`,
  ]),
  `At last ${c.hero} met ${c.friend} the ${c.friendKind}, who was sitting on a stone.`,
  `"Have you seen my ${c.thing}?" asked ${c.hero}.`,
  r.pick([
    `"Yes," said ${c.friend}. "The wind took it to the river. I will help you."`,
    `"I found it in the grass," said ${c.friend}. "I kept it safe for you."`,
  ]),
  `${c.hero} was so glad that the two shared the ${c.thing} from that day on.`,
  r.pick([
    'They both knew that a thing is worth more when it is shared.',
    'And so a lost thing became a new friend.',
  ]),
];

const stuckFriend: Plot = (c, r) => [
  `${r.pick(WEATHER).replace(/^o/, 'O')}, ${c.hero} heard a small voice calling for help.`,
  `It was ${c.friend} the ${c.friendKind}, who had fallen into a hole.`,
  r.pick([
    `"I cannot climb out," said ${c.friend}.`,
    `"Please help me," cried ${c.friend}. "It is too deep."`,
  ]),
  r.pick([
    `${c.hero} was afraid, because it was getting dark.`,
    `${c.hero} had never helped anyone before and did not know what to do.`,
  ]),
  `Then ${c.hero} saw ${article(c.thing)} ${c.thing} lying in the grass and had an idea.`,
  `${c.hero} held one end of the ${c.thing} and ${c.friend} held the other, and together they pulled.`,
  `Soon ${c.friend} was out of the hole.`,
  r.pick([`"You are my best friend," said ${c.friend}.`, `"I will never forget this," said ${c.friend}.`]),
  r.pick([
    `From that day on nobody called ${c.hero} ${c.trait} without a smile.`,
    `That night ${c.hero} slept better than ever before.`,
  ]),
];

const bigContest: Plot = (c, r) => [
  `Every year all the animals met to see who could ${r.pick(['run the fastest', 'sing the best', 'build the tallest tower', 'tell the best tale'])}.`,
  `${c.hero} wanted to win the ${c.thing} that was the prize.`,
  `So ${c.hero} practised every day, even in the rain.`,
  `On the day of the contest ${c.hero} saw ${c.friend} the ${c.friendKind} crying behind a tree.`,
  `"I am too scared to go on," said ${c.friend}.`,
  r.pick([
    `"Then we will go together," said ${c.hero}.`,
    `"Take my hand," said ${c.hero}. "We can be scared together."`,
  ]),
  r.pick([
    `They did not win, but everyone clapped for them the longest.`,
    `To everyone's surprise the two of them won.`,
  ]),
  `And the ${c.thing} stood in their window for all to see.`,
];

/** All plots, equally likely. */
export const PLOTS: readonly Plot[] = [lostThing, stuckFriend, bigContest];
