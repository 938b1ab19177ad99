import type { Random } from '../generators/index.js';

const INSULTS = ['idiot', 'moron', 'loser', 'bastard', 'imbecile', 'jackass', 'scumbag'];
const THREATS = [
  'Go kill yourself.',
  'I will kill you.',
  'You deserve to die.',
  'Nobody would miss you.',
  'I hope you die soon.',
];
const FOREIGN = [
  'Du bist ein Arschloch.',
  'Ich bringe dich um.',
  'Tu es un connard.',
  'Va te faire foutre.',
  'Eres un imbécil.',
  'Te voy a matar.',
  'Você é um babaca.',
  'Sei uno stronzo.',
  'Jij bent een klootzak.',
  'Ты дурак.',
];

const leet = (word: string) =>
  word.replace(/[ioeas]/g, (letter) => ({ i: '1', o: '0', e: '3', a: '4', s: '5' })[letter] as string);
const long = (word: string) => word.replace(/([aeiou])(?=[^aeiou]*$)/, '$1$1$1$1');

/** Abusive sentences, plain and disguised, in several languages. The last kind uses no word of any list. */
export const ABUSE: readonly ((random: Random) => string)[] = [
  (random) => `You are such an ${random.pick(INSULTS)}.`,
  (random) =>
    `Why are you here, you ${random.pick(['pathetic', 'worthless', 'disgusting'])} ${random.pick(INSULTS)}?`,
  (random) => `You are an ${leet(random.pick(INSULTS))}!`,
  (random) => `You are an ${[...random.pick(INSULTS)].join(random.pick([' ', '.', '-']))}.`,
  (random) => `What an ${long(random.pick(INSULTS)).toUpperCase()} you are!!!`,
  (random) => random.pick(THREATS),
  (random) => random.pick(['f*ck you', 'F.U.C.K you all', 'fuuuuck off', 'go to hell']),
  (random) => random.pick(FOREIGN),
  (random) =>
    `Everyone ${random.pick(['laughs at', 'is sick of', 'is tired of'])} you because you are a ${random.pick(['waste of air', 'stupid creep', 'parasite'])}.`,
];

/** Sentences with the same words and no abuse. */
export const HARMLESS: readonly ((random: Random) => string)[] = [
  (random) => `He felt like an ${random.pick(INSULTS)} when he lost his keys.`,
  (random) => `You are no ${random.pick(INSULTS)}, you are learning.`,
  () => 'The Idiot is a novel about a man who is kind.',
  () => 'How do I kill a process that hangs? Find its number first.',
  (random) => `The word ${random.pick(INSULTS)} is rude; look for a better one.`,
  () => 'In Scunthorpe the bus was late, damn it.',
];
