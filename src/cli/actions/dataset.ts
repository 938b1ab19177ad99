import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CodedError, systemCodeOf } from '../../common/index.js';
import {
  DOMAINS,
  examples,
  first,
  mixture,
  type LabelledExample,
  type Split,
} from '../../datasets/generators/index.js';
import type { CommandContext } from '../command-context.js';

/** Lines are written in pieces of about this many characters; one write per line would be ten times as slow. */
const PIECE = 1 << 16;

/** Prints examples as JSON lines, as fast as they are read. `DATASET_DOMAIN` for a domain that does not exist. */
export async function generateDataset(
  _context: CommandContext,
  split: Split,
  seed: string,
  count: number,
  name?: string,
): Promise<void> {
  await printLines(first(count, streamOf(split, seed, name)));
}

function streamOf(split: Split, seed: string, name?: string): Iterable<LabelledExample> {
  if (name === undefined) return mixture(split, seed);
  const domain = DOMAINS.find((candidate) => candidate.name === name);
  if (domain !== undefined) return examples(domain, split, seed);
  const known = DOMAINS.map((candidate) => candidate.name);
  throw new CodedError('DATASET_DOMAIN', `there is no domain ${name}; there are ${known.join(', ')}`, {
    known,
  });
}

/** A reader who goes away, such as `head`, has all it wants. */
async function printLines(values: Iterable<unknown>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces(values)), process.stdout, { end: false });
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EPIPE') throw thrown;
  }
}

function* pieces(values: Iterable<unknown>): Generator<string, void> {
  let piece = '';
  for (const value of values) {
    piece += `${JSON.stringify(value)}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
