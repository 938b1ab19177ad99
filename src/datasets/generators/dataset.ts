import { arithmetic } from './domains/arithmetic.js';
import { extraction } from './domains/extraction.js';
import { facts } from './domains/facts.js';
import { help } from './domains/help.js';
import { logic } from './domains/logic.js';
import { story } from './domains/story.js';
import { units } from './domains/units.js';
import { words } from './domains/words.js';
import { isHeldOut, type Domain, type Example } from './example.js';
import { Random } from './random.js';

/** All domains of the genesis model. Their order decides what the mixture draws and must not change. */
export const DOMAINS: readonly Domain[] = [story, arithmetic, extraction, logic, words, units, help, facts];

/** Both halves of every domain: what may be trained on, and what judges only. */
export const SPLITS = ['train', 'heldOut'] as const;

/** One of the two halves. */
export type Split = (typeof SPLITS)[number];

/** An example that says which domain it is of. */
export interface LabelledExample extends Example {
  readonly domain: string;
}

/**
 * An endless stream of examples of one domain. The same domain, split and seed give the same stream; no prompt of one
 * split ever occurs in the other.
 */
export function* examples(domain: Domain, split: Split, seed: string): Generator<LabelledExample, never> {
  for (let i = 0; ; i++) {
    const example = domain.draw(new Random(`${seed}/${domain.name}/${i}`));
    if (isHeldOut(example.prompt) === (split === 'heldOut')) yield { domain: domain.name, ...example };
  }
}

/** An endless stream of all domains, mixed by their weights. */
export function* mixture(split: Split, seed: string): Generator<LabelledExample, never> {
  const streams = DOMAINS.map((domain) => ({ domain, stream: examples(domain, split, seed) }));
  const total = DOMAINS.reduce((sum, { weight }) => sum + weight, 0);
  for (let i = 0; ; i++) {
    // Tickets are thousandths, so that weights with a fraction keep their share.
    let ticket = new Random(`${seed}/mixture/${i}`).int(0, total * 1000 - 1) / 1000;
    const drawn = streams.find(({ domain }) => (ticket -= domain.weight) < 0) as (typeof streams)[number];
    yield drawn.stream.next().value;
  }
}

/** The first `count` values of a stream, or all where it has fewer. */
export function* first<T>(count: number, stream: Iterable<T>): Generator<T, void> {
  if (count <= 0) return;
  let taken = 0;
  for (const value of stream) {
    yield value;
    if (++taken >= count) return;
  }
}
