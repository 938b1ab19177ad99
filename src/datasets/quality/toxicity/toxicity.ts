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

/**
 * Why a text is toxic; null if it is not. A list of words with rules for their use: who is meant, what is negated, and what
 * is only spoken about. Made for abuse in nine languages; irony and paraphrase are beyond it. The time is linear in the text.
 */
export function toxicityOf(text: string): Toxicity | null {
  const plain = plainWords(text);
  const words = plain.map(factsOf);
  const near = new Neighbours(plain, words);
  let profane = 0;
  for (let i = 0; i < words.length; i++) {
    const { phrases, slur, profanity, insult } = words[i];
    if (phrases !== undefined && beginsOne(words, i, phrases) && !near.isExcused(i)) return 'threat';
    if (slur && !near.isExcused(i)) return 'slur';
    if (profanity) profane++;
    if (insult && near.isAimed(i) && !near.isExcused(i)) return 'insult';
  }
  return profane >= MOST_PROFANITIES || (profane > 0 && profane > words.length * MOST_PROFANE)
    ? 'obscene'
    : null;
}

/** What a word by itself may be. */
interface WordFacts {
  readonly text: string;
  readonly slur: boolean;
  readonly profanity: boolean;
  readonly insult: boolean;
  /** Whether it names the one who is spoken to. */
  readonly addressed: boolean;
  /** Whether it excuses what follows. */
  readonly excuse: boolean;
  /** Threats that begin with it. */
  readonly phrases: readonly (readonly string[])[] | undefined;
}

/** The facts of words seen before: a text says few words very often. */
const known = new Map<string, WordFacts>();
const MOST_KNOWN = 8_192;

function factsOf(word: PlainWord): WordFacts {
  const found = known.get(word.text);
  if (found !== undefined) return found;
  const text = restored(word.text);
  const facts: WordFacts = {
    ...{ text, slur: isSlur(text), profanity: PROFANITIES.has(text), insult: INSULTS.has(text) },
    ...{ addressed: ADDRESSED.has(text), excuse: EXCUSES.has(text), phrases: BY_FIRST.get(text) },
  };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(word.text, facts);
  return facts;
}

function isSlur(word: string): boolean {
  return SLUR_HASHES.has(hash32(word, 1)) && SLURS.has(fingerprint(word));
}

/** Whether one of the phrases begins at a place. Loops: this is done for every word of a text that repeats one. */
function beginsOne(
  words: readonly WordFacts[],
  start: number,
  phrases: readonly (readonly string[])[],
): boolean {
  for (const phrase of phrases) {
    let same = 1;
    while (same < phrase.length && words[start + same]?.text === phrase[same]) same++;
    if (same === phrase.length) return true;
  }
  return false;
}

/** What stands around a word in its sentence. */
class Neighbours {
  constructor(
    private readonly plain: readonly PlainWord[],
    private readonly words: readonly WordFacts[],
  ) {}

  /** Whether the person spoken to stands near an insult. */
  isAimed(place: number): boolean {
    const { words, plain } = this;
    if (words.length <= EXCLAMATION) return true;
    for (let i = place; i < Math.min(words.length - 1, place + REACH) && !plain[i].ends; i++)
      if (words[i + 1].addressed) return true;
    for (let i = place - 1; i >= Math.max(0, place - REACH) && !plain[i].ends; i--)
      if (words[i].addressed) return true;
    return false;
  }

  /** Whether what stands before a word excuses it. */
  isExcused(place: number): boolean {
    for (let i = place - 1; i >= Math.max(0, place - REACH) && !this.plain[i].ends; i--)
      if (this.words[i].excuse) return true;
    return false;
  }
}

/** Words of the lists by their length and each of their letters, as `length/place/letter`. */
const BY_LETTER = Map.groupBy(
  [...INSULTS, ...PROFANITIES].flatMap((term) =>
    Array.from(term, (letter, i) => ({ term, key: keyOf(term, i, letter) })),
  ),
  ({ key }) => key,
);
const SHORTEST_STARRED = 4;

/** Letters that were starred out are put back where a word of the lists fits. */
function restored(word: string): string {
  if (!word.includes('*') || word.length < SHORTEST_STARRED) return word;
  const shown = word.search(/[^*]/);
  if (shown < 0) return word;
  return BY_LETTER.get(keyOf(word, shown, word[shown]))?.find(({ term }) => fits(word, term))?.term ?? word;
}

function keyOf(word: string, place: number, letter: string): string {
  return `${word.length}/${place}/${letter}`;
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
