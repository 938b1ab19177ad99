import { ln } from '../../common/mathematics.js';

/** Bytes before a byte that its counts go by, at most. */
const ORDER = 3;
/** Noise is what the bytes before a byte tell less than this share of. */
const LEAST_TOLD = 0.05;
/** Without any count every byte is as likely as every other. */
const UNIFORM = 1 / 256;

/** How often each byte followed a context. */
interface Followers {
  readonly counts: Map<number, number>;
  total: number;
}

/**
 * What one half of the texts is still worth when the other half is known, nats per byte: bytes counted behind the one, two and three
 * before them, interpolated as Witten and Bell do (doi:10.1109/18.87000), learnt from every other text and asked about the rest. Sentences
 * of a language, or of anything with rules, share much; noise shares nothing but its letters, whatever a model makes of it. A single text
 * is cut in two. @param order bytes before a byte that count; 0: only how often each byte is there
 */
export function selfPrediction(texts: readonly string[], order = ORDER): number {
  const bytes = texts.map((text) => new TextEncoder().encode(text)).filter(({ length }) => length > 0);
  const known = bytes.length === 1 ? [firstHalf(bytes[0])] : bytes.filter((_, i) => i % 2 === 0);
  const asked =
    bytes.length === 1 ? [bytes[0].subarray(bytes[0].length >> 1)] : bytes.filter((_, i) => i % 2 === 1);
  const contexts = new Map<number, Followers>();
  for (const text of known) text.forEach((_, at) => count(contexts, text, at, Math.min(order, at)));
  let [nats, length] = [0, 0];
  for (const text of asked) {
    text.forEach((_, at) => (nats -= ln(likelihood(contexts, text, at, Math.min(order, at)))));
    length += text.length;
  }
  return length === 0 ? -ln(UNIFORM) : nats / length;
}

/** What a set is worth to whoever has its other half, nats per byte. */
export interface SetPrediction {
  /** By the bytes before. */
  readonly floor: number;
  /** By how often each byte is there. */
  readonly letters: number;
}

/** Both figures of the texts. */
export function predictionOf(texts: readonly string[]): SetPrediction {
  return { floor: selfPrediction(texts), letters: selfPrediction(texts, 0) };
}

/** Whether texts follow no rule, or are too little to show one: what is before a byte tells nothing of it. */
export function isNoise({ floor, letters }: SetPrediction): boolean {
  return floor > (1 - LEAST_TOLD) * letters;
}

function firstHalf(text: Uint8Array): Uint8Array {
  return text.subarray(0, text.length >> 1);
}

function count(contexts: Map<number, Followers>, text: Uint8Array, at: number, most: number): void {
  const byte = text[at];
  for (let order = 0; order <= most; order++) {
    const key = contextAt(text, at, order);
    const followers = contexts.get(key) ?? { counts: new Map<number, number>(), total: 0 };
    followers.counts.set(byte, (followers.counts.get(byte) ?? 0) + 1);
    followers.total++;
    contexts.set(key, followers);
  }
}

function likelihood(
  contexts: ReadonlyMap<number, Followers>,
  text: Uint8Array,
  at: number,
  most: number,
): number {
  const byte = text[at];
  let likely = UNIFORM;
  for (let order = 0; order <= most; order++) {
    const followers = contexts.get(contextAt(text, at, order));
    if (followers === undefined) break;
    const { counts, total } = followers;
    likely = ((counts.get(byte) ?? 0) + counts.size * likely) / (total + counts.size);
  }
  return likely;
}

/** A number for the bytes before a place; the leading 1 keeps contexts of different lengths apart. */
function contextAt(text: Uint8Array, at: number, order: number): number {
  let key = 1;
  for (let i = at - order; i < at; i++) key = key * 256 + text[i];
  return key;
}
