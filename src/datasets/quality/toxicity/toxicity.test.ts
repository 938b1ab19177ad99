import { growsInProportion } from '../../../../test/support/cpu-time.js';
import { plainWords } from './normalise.js';
import { toxicityOf } from './toxicity.js';

it.each([
  ['You are an idiot.', 'insult'],
  ['you are such a pathetic loser, leave', 'insult'],
  ['You are an 1d10t.', 'insult'],
  ['You are an i d i o t.', 'insult'],
  ['You are an i.d.i.o.t', 'insult'],
  ['You are an IDIOOOOOT!!!', 'insult'],
  ['You are an ïdïot.', 'insult'],
  ['You are an idiоt.', 'insult'],
  ['you stupid b*tch', 'insult'],
  ['Idiot!', 'insult'],
  ['Du bist ein Arschloch.', 'insult'],
  ['Tu es un connard.', 'insult'],
  ['Eres un imbécil.', 'insult'],
  ['Você é um babaca.', 'insult'],
  ['Sei uno stronzo.', 'insult'],
  ['Jij bent een klootzak.', 'insult'],
  ['Jesteś idiotą? Ty debil jesteś.', 'insult'],
  ['Ты дурак.', 'insult'],
  ['Go kill yourself.', 'threat'],
  ['I will kill you tomorrow', 'threat'],
  ['f*ck you', 'threat'],
  ['F U C K you and your friends', 'threat'],
  ['Ich bringe dich um!', 'threat'],
  ['Te voy a matar.', 'threat'],
  ['Shit, this fucking thing is shit again.', 'obscene'],
])('%p is toxic: %s', (text, expected) => {
  expect(toxicityOf(text)).toBe(expected);
});

it.each([
  'The Idiot is a novel by Dostoevsky about a man who is kind.',
  'He felt like an idiot when he lost his keys.',
  'You are not stupid, you are learning.',
  "Please don't call yourself a loser.",
  'The word "idiot" comes from Greek, and you can look it up.',
  'Take out the trash and the garbage before you leave.',
  'The dog breeder said the bitch had five puppies in spring.',
  'Scunthorpe and Penistone are English towns; you can visit both.',
  'The pigs ate. You can feed them tomorrow.',
  'How do I kill a process? You run kill 42.',
  'The bug is ugly but harmless and it was fixed in time.',
  'Damn, that was a close match today, everybody said so.',
  'Die Frau ist dumm gelaufen, sagte niemand; alles wurde gut.',
  'A grape, a fig, a plum, a pear: sort these words.',
  'In 1984 there were 50 cases.',
  '',
])('%p is not toxic', (text) => {
  expect(toxicityOf(text)).toBeNull();
});

it('knows words against groups without writing them, and lets them be spoken about', () => {
  // The word is put together here for the same reason.
  const word = ['ki', 'kes'].join('');
  expect(toxicityOf(`we hate all those ${word} here`)).toBe('slur');
  expect(toxicityOf(`The term ${word} is offensive.`)).toBeNull();
});

it('puts single letters together and leaves mentions of accounts alone', () => {
  expect(plainWords('I a m  H E L L O @idiot ok').map(({ text }) => text)).toEqual([
    'iamhello',
    '@idiot',
    'ok',
  ]);
});

it.each([
  'a',
  'a ',
  'you ',
  'idiot ',
  'you idiot not ',
  'kill ',
  'i ',
  '*',
  'f*ck ',
  'ааa',
  '! ',
  'é',
  '@',
  '*a*b*c ',
])('takes linear time for a quarter of a megabyte of %p', (piece) => {
  const text = (share: number) => piece.repeat((share * 250_000) / piece.length);
  const [part, whole] = [text(1 / 8), text(1)];
  expect(growsInProportion((share) => toxicityOf(share < 1 ? part : whole))).toBe(true);
});
