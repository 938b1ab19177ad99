import { fingerprint, hash32 } from '../text/fingerprint.js';
import { plainWords, type PlainWord } from './normalise.js';
import { ADDRESSED, EXCUSES, INSULTS, PHRASES, PROFANITIES, SLURS } from './terms.js';

/** Why a text is toxic: aimed at somebody, a threat or curse, a word against a group, or full of obscenities. */
export type Toxicity = 'insult' | 'threat' | 'slur' | 'obscene';

/** Words between an insult and the one it is aimed at, and before it that may excuse it. */
const REACH = 4;
/** So many obscenities make a text obscene; or this share of its words. */
const MOST_PROFANITIES = 3;
const MOST_PROFANE = 0.2;
/** A text of no more words is an exclamation, whose insult is aimed at the reader. */
const EXCLAMATION = 3;

/** The first halves of the fingerprints: the whole one is made for few words only. */
const SLUR_HASHES = new Set([...SLURS].map((slur) => parseInt(slur.slice(0, 8), 16)));
const BY_FIRST = Map.groupBy(PHRASES, ([first]) => first);
const BY_LENGTH = Map.groupBy([...INSULTS, ...PROFANITIES], (term) => term.length);
const SHORTEST_STARRED = 4;

/**
 * Why a text is toxic; null if it is not. A list of words with rules for their use: who is meant, what is negated, and what
 * is only spoken about. Made for abuse in nine languages; irony and paraphrase are beyond it. The time is linear in the text.
 */
export function toxicityOf(text: string): Toxicity | null {
  const words = plainWords(text).map(restored);
  let profane = 0;
  for (let i = 0; i < words.length; i++) {
    const { text: word } = words[i];
    if (BY_FIRST.get(word)?.some((phrase) => follows(words, i, phrase)) && !isExcused(words, i))
      return 'threat';
    if (isSlur(word) && !isExcused(words, i)) return 'slur';
    if (PROFANITIES.has(word)) profane++;
    if (INSULTS.has(word) && isAimed(words, i) && !isExcused(words, i)) return 'insult';
  }
  return profane >= MOST_PROFANITIES || (profane > 0 && profane > words.length * MOST_PROFANE)
    ? 'obscene'
    : null;
}

function isSlur(word: string): boolean {
  return SLUR_HASHES.has(hash32(word, 1)) && SLURS.has(fingerprint(word));
}

function follows(words: readonly PlainWord[], start: number, phrase: readonly string[]): boolean {
  return phrase.every((part, i) => words[start + i]?.text === part);
}

/** Whether the person spoken to stands near an insult, in the same sentence. */
function isAimed(words: readonly PlainWord[], place: number): boolean {
  if (words.length <= EXCLAMATION) return true;
  return [...before(words, place), ...after(words, place)].some(({ text }) => ADDRESSED.has(text));
}

function isExcused(words: readonly PlainWord[], place: number): boolean {
  return before(words, place).some(({ text }) => EXCUSES.has(text));
}

function before(words: readonly PlainWord[], place: number): PlainWord[] {
  const found: PlainWord[] = [];
  for (let i = place - 1; i >= Math.max(0, place - REACH) && !words[i].ends; i--) found.push(words[i]);
  return found;
}

function after(words: readonly PlainWord[], place: number): PlainWord[] {
  const found: PlainWord[] = [];
  for (let i = place; i < Math.min(words.length - 1, place + REACH) && !words[i].ends; i++)
    found.push(words[i + 1]);
  return found;
}

/** Letters that were starred out are put back where only one word of the list fits. */
function restored(word: PlainWord): PlainWord {
  if (!word.text.includes('*')) return word;
  if (word.text.length < SHORTEST_STARRED) return word;
  const found = BY_LENGTH.get(word.text.length)?.find((term) => fits(word.text, term));
  return found === undefined ? word : { ...word, text: found };
}

/** At least half of the letters must be there. */
function fits(starred: string, term: string): boolean {
  let same = 0;
  for (let i = 0; i < term.length; i++) {
    if (starred[i] === term[i]) same++;
    else if (starred[i] !== '*') return false;
  }
  return same * 2 >= term.length;
}
