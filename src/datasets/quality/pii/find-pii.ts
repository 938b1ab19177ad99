import { card } from './card.js';
import { digitsOf } from './check-digits.js';
import { ContextWords } from './context-words.js';
import { digitWindows } from './digit-windows.js';
import { emails } from './email.js';
import type { PiiFinding, PiiKind } from './finding.js';
import { ibans } from './iban.js';
import { ipAddresses } from './ip-address.js';
import { names } from './name.js';
import { EUROPE } from './national/europe.js';
import { letteredNumbers } from './national/lettered.js';
import { WORLD } from './national/world.js';
import type { NumberRule } from './number-rules.js';
import { internationalPhones, PHONES } from './phone.js';
import { ShapeTree } from './shape-tree.js';

/** Numbers of digits alone; where several fit, the first in this order. */
const RULES: readonly NumberRule[] = [card, ...WORLD, ...EUROPE, ...PHONES];
const BY_SHAPE = Map.groupBy(
  RULES.flatMap((rule) => rule.shapes.map((shape) => ({ shape, rule }))),
  ({ shape }) => shape,
);
const SHAPES = ShapeTree.of(BY_SHAPE.keys());

type Finder = (text: string) => Iterable<{ start: number; end: number }>;
const FINDERS: readonly (readonly [PiiKind, Finder])[] = [
  ['email', emails],
  ['iban', ibans],
  ['ip-address', ipAddresses],
  ['phone', internationalPhones],
  ['national-id', letteredNumbers],
  ['name', names],
];

/**
 * Personal data in a text, by place; findings do not overlap. Numbers count only with the check digits, dates and ranges
 * their issuer gives them, and weakly checked ones only where the text announces them. The time is linear in the text.
 */
export function findPii(text: string): PiiFinding[] {
  const found: PiiFinding[] = FINDERS.flatMap(([kind, find]) =>
    Array.from(find(text), ({ start, end }) => ({ kind, start, end })),
  );
  found.push(...numbersIn(text));
  return withoutOverlaps(found);
}

function* numbersIn(text: string): Generator<PiiFinding, void> {
  const context = new ContextWords(text);
  let end = 0;
  for (const window of digitWindows(text, SHAPES)) {
    if (window.start < end || !standsAlone(text, window.start, window.end)) continue;
    const digits = digitsOf(window.digits);
    const fitting = BY_SHAPE.get(window.shape)?.find(({ rule }) => rule.fits(window, digits, context));
    if (fitting === undefined) continue;
    ({ end } = window);
    yield { kind: fitting.rule.kind, start: window.start, end };
  }
}

/** Whether a number is no part of a longer code: letters, decimals and amounts of money are not personal. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text[start - 1] ?? ' ';
  const after = text[end] ?? ' ';
  if (isPartOf(before) || MONEY.includes(before) || isPartOf(after) || after === '%' || after === '€')
    return false;
  if ((before === '.' || before === ',') && isDigit(text, start - 2)) return false;
  if ((after === '.' || after === ',') && isDigit(text, end + 1)) return false;
  return before !== ' ' || start < 2 || !MONEY.includes(text[start - 2]);
}

const MONEY = '$€£¥#';

function isPartOf(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code < 128) return code === 95 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return /\p{L}/u.test(character);
}

function isDigit(text: string, place: number): boolean {
  const code = text.charCodeAt(place);
  return code >= 48 && code <= 57;
}

/** Of findings that overlap, the first in order of place stays; at the same place the one listed first. */
function withoutOverlaps(found: readonly PiiFinding[]): PiiFinding[] {
  const kept: PiiFinding[] = [];
  for (const finding of found.toSorted((a, b) => a.start - b.start)) {
    if (finding.start >= (kept.at(-1)?.end ?? 0)) kept.push(finding);
  }
  return kept;
}
