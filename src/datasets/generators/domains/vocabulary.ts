/** Words of a text, in its order. */
export const listOf = (text: string): readonly string[] => text.split(' ');

/** Animals of puzzles and stories; no list of this file may change, or seeds give other data. */
export const ANIMALS = listOf(
  'bear cat crow deer dog duck fox frog goat hare hen horse mole mouse otter owl pig rabbit sheep snail squirrel swan turtle wolf',
);

/** Colours of things. */
export const COLOURS = listOf('black blue brown gold green grey orange pink purple red silver white yellow');

/** Fruits of word puzzles. */
export const FRUITS = listOf('apple banana cherry fig grape kiwi lemon lime mango melon peach pear plum');

/** Things people have, lose and buy. */
export const OBJECTS = listOf(
  'bell boat book candle clock coin drum flute hammer kite ladder lamp map mirror ring rope shovel spoon umbrella wheel',
);

/** First names of people and story animals. */
export const NAMES = listOf(
  'Ada Ben Clara Dan Ella Finn Grace Hugo Iris Jack Kara Leo Mia Noah Olga Pip Rosa Sam Tess Uma Vera Will Yara Zoe',
);

/** Cities people live in. */
export const CITIES = listOf(
  'Athens Berlin Cairo Delhi Dublin Lima Lisbon London Madrid Nairobi Oslo Paris Prague Rome Seoul Tokyo Vienna Warsaw',
);

/** `a` or `an`, as the word that follows is spoken. */
export const article = (word: string): 'a' | 'an' => (/^[aeiou]/i.test(word) ? 'an' : 'a');
