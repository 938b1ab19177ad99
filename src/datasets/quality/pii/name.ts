/** People who say who they are, in ten languages; what follows must be written as a name. */
const INTRODUCTIONS = [
  "[Mm]y (?:full |real )?name is|[Mm]y name['’]s",
  '[Ii]ch heiße|[Mm]ein Name ist',
  "[Jj]e m['’]appelle|[Mm]on nom est",
  '[Mm]e llamo|[Mm]i nombre es',
  '[Mm]i chiamo|[Ii]l mio nome è',
  '[Mm]eu nome é|[Cc]hamo-me',
  '[Ii]k heet|[Mm]ijn naam is',
  '[Nn]azywam się|[Mm]am na imię',
  '[Jj]ag heter|[Mm]itt namn är',
  '[Мм]еня зовут|[Мм]оё имя',
];
const TITLES =
  'Mr|Mrs|Ms|Mx|Dr|Prof|Herrn?|Frau|Monsieur|Mme|Mlle|Señora?|Sra?|Dña|Signora?|Dott|Sig|Pan|Pani|Mevrouw|Meneer';
/** What stands behind a title without being a name. */
const OFFICES =
  'President|Speaker|Chairman|Chairwoman|Chancellor|Minister|Secretary|Ambassador|Judge|Mayor|Justice|Professor|Doktor|Präsident|Ministerin|The|And|Right';
const NAME = "\\p{Lu}[\\p{Ll}'’-]{1,24}";
const INTRODUCED = new RegExp(
  `(?<!\\p{L})(?:${INTRODUCTIONS.join('|')}) {1,2}(${NAME}(?: ${NAME}){0,2})`,
  'gu',
);
const TITLED = new RegExp(
  `(?<!\\p{L})(?:${TITLES})\\.? {1,2}(?!(?:${OFFICES})(?!\\p{L}))(${NAME}(?: ${NAME}){0,2})`,
  'gu',
);

/** Names of people, where the text itself says that they are: introductions, and titles before a capital. */
export function* names(text: string): Generator<{ start: number; end: number }, void> {
  for (const pattern of [INTRODUCED, TITLED]) {
    for (const match of text.matchAll(pattern))
      yield { start: match.index, end: match.index + match[0].length };
  }
}
