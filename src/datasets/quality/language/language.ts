import { wordsOf } from '../text/words.js';
import { OWN_LETTERS, SCRIPTS, SMALL_WORDS } from './profiles.js';

/** What a text is taken for when nothing tells its language (BCP 47). */
export const UNDETERMINED = 'und';

/** So much of a text is looked at, UTF-16 code units. */
const LOOKED_AT = 4096;
/** A script tells the language when it makes at least this share of the letters. */
const SCRIPT_SHARE = 0.3;
/** Small words a text must have, and by which factor the best language must lead. */
const FEWEST_WORDS = 2;
const LEAD = 1.2;
/** A language's own letters tell it from this share of the letters on. */
const OWN_SHARE = 0.01;
const LETTER = /\p{L}/gu;

const LANGUAGES = Object.keys(SMALL_WORDS);
/** Each word votes with one vote, shared by the languages it belongs to. */
const VOTES = new Map<string, { languages: number[]; vote: number }>();
for (const [i, language] of LANGUAGES.entries()) {
  for (const word of SMALL_WORDS[language]) {
    const languages = [...(VOTES.get(word)?.languages ?? []), i];
    VOTES.set(word, { languages, vote: 1 / languages.length });
  }
}

/**
 * The language of a text as an ISO 639-1 code, from its script or, in Latin script, from its small words; `und` where there
 * are too few of them or two languages lie close. Knows 17 languages in Latin script and 13 by their script.
 */
export function languageOf(text: string): string {
  const start = text.slice(0, LOOKED_AT);
  const letters = count(start, LETTER);
  if (letters === 0) return UNDETERMINED;
  for (const [language, characters] of SCRIPTS) {
    if (count(start, characters) < letters * SCRIPT_SHARE) continue;
    const own = OWN_LETTERS[language]?.find(([, pattern]) => count(start, pattern) > letters * OWN_SHARE);
    return own?.[0] ?? language;
  }
  return latinLanguage(wordsOf(start));
}

function latinLanguage(words: readonly string[]): string {
  const votes = new Array<number>(LANGUAGES.length).fill(0);
  let counted = 0;
  for (const word of words) {
    const entry = VOTES.get(word);
    if (entry === undefined) continue;
    counted++;
    for (const language of entry.languages) votes[language] += entry.vote;
  }
  const [best, second] = [...votes.keys()].sort((a, b) => votes[b] - votes[a]);
  return counted >= FEWEST_WORDS && votes[best] > votes[second] * LEAD ? LANGUAGES[best] : UNDETERMINED;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
