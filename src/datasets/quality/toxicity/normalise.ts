/** A word as it was meant, with what is needed to judge its use. */
export interface PlainWord {
  /** Small letters, without accents, disguises undone. A `*` is a letter that was left out. */
  readonly text: string;
  /** Whether a sentence ends behind it. */
  readonly ends: boolean;
}

const TOKEN = /[\p{L}\p{N}@$*][\p{L}\p{M}\p{N}@$*!'’]*/gu;
const DISGUISES = new Map(
  Object.entries({ 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' }),
);
/** Letters of Cyrillic that look like Latin ones; only words that mix both are rewritten. */
const LOOKALIKES = new Map(Array.from('аесорхукіѕ', (letter, i) => [letter, 'aecopxykis'[i]]));
const LETTER = /\p{L}/u;
const LATIN = /\p{Script=Latin}/u;
const CYRILLIC = /\p{Script=Cyrillic}/u;
const PLAIN = /^[a-z]+$/;
const SENTENCE_END = /^[\s"'”’)]{0,3}[.!?…\n]|^\n/u;
/** Shortest word that is worth putting together from single letters. */
const FEWEST_LETTERS = 4;
const LONGEST_WORD = 40;

/** The words of a text with disguises undone: `1d10t`, `i d i o t`, `i.d.i.o.t`, `idiooot`, `ïdiot`, `f*ck`, Cyrillic lookalikes. */
export function plainWords(text: string): PlainWord[] {
  const words: PlainWord[] = [];
  let spelt: PlainWord[] = [];
  const plain = text.normalize('NFKC').toLowerCase();
  for (const { 0: token, index } of plain.matchAll(TOKEN)) {
    const word = {
      text: meant(token),
      ends: token.charCodeAt(token.length - 1) === 0x21 || endsSentence(plain, index + token.length),
    };
    if (word.text.length === 1 && spelt.length < LONGEST_WORD) {
      spelt.push(word);
      continue;
    }
    flush(words, spelt);
    spelt = [];
    if (word.text !== '') words.push(word);
  }
  flush(words, spelt);
  return words;
}

/** A space and a small letter behind a word are by far the commonest, and no end. */
function endsSentence(text: string, place: number): boolean {
  const next = text.charCodeAt(place + 1);
  if (text.charCodeAt(place) === 0x20 && next >= 0x61 && next <= 0x7a) return false;
  return SENTENCE_END.test(text.slice(place, place + 4));
}

/** What was found for tokens before: a text says few words very often. */
const known = new Map<string, string>();
const MOST_KNOWN = 8_192;

function meant(token: string): string {
  const found = known.get(token);
  if (found !== undefined) return found;
  const text = undisguise(token);
  if (known.size >= MOST_KNOWN) known.clear();
  if (token.length <= LONGEST_WORD) known.set(token, text);
  return text;
}

/** Letters that stood alone: one word if there are enough of them. */
function flush(words: PlainWord[], letters: readonly PlainWord[]): void {
  if (letters.length < FEWEST_LETTERS) words.push(...letters);
  else
    words.push({
      text: collapse(letters.map(({ text }) => text).join('')),
      ends: letters.some(({ ends }) => ends),
    });
}

function undisguise(token: string): string {
  if (PLAIN.test(token)) return token.length > 3 ? collapse(token) : token;
  if (token.length > LONGEST_WORD || token.startsWith('@') || !LETTER.test(token))
    return token.replace(/[!'’]{1,40}$/u, '');
  const bare = token
    .replace(/['’]/g, '')
    .replace(/!{1,40}$/, '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .normalize('NFC');
  const mixed = LATIN.test(bare) && CYRILLIC.test(bare);
  const letters = Array.from(
    bare,
    (letter) => DISGUISES.get(letter) ?? (mixed ? LOOKALIKES.get(letter) : undefined) ?? letter,
  );
  return collapse(letters.join(''));
}

/** Three and more of a letter are one: no language has them. */
function collapse(word: string): string {
  return word.replace(/(\p{L})\1{2,}/gu, '$1');
}
