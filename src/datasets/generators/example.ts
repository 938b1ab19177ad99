import { sha256Bytes, utf8ToBytes } from '../../common/hash.js';
import type { Random } from './random.js';

/** What is asked, and what the model shall answer. */
export interface Example {
  readonly prompt: string;
  readonly completion: string;
}

/** A skill the genesis model is taught: a pure function from random draws to one example. */
export interface Domain {
  readonly name: string;
  /** `exact` domains have one right completion; `prose` is judged by its loss alone. */
  readonly judgedBy: 'exact' | 'prose';
  /** Share of the training mix, in parts of the sum over all domains. */
  readonly weight: number;
  draw(random: Random): Example;
}

/** One way to make an example; a domain picks among its kinds, and one that is listed twice is twice as likely. */
export type ExampleKind = (random: Random) => Example;

const PARTS = 10;

/**
 * Whether a prompt is never trained on: one in ten is not, by the SHA-256 of its text alone. So the split holds for every
 * seed, and an evaluation drawn from a seed that nobody knew before is unseen by construction.
 */
export function isHeldOut(prompt: string): boolean {
  return sha256Bytes(utf8ToBytes(prompt))[0] % PARTS === 0;
}
