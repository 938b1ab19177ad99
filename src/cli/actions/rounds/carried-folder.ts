import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable-files.js';
import { CodedError, systemCodeOf } from '../../../common/index.js';
import {
  carriedOf,
  decodeCarried,
  encodeCarried,
  joinedCarried,
  NOTHING_CARRIED,
  type Carried,
  type CarriedState,
  type RoundTerms,
} from '../../../learning/index.js';

/** What a contributor has made of a training for a round. */
export type MadeUpdate = Pick<CarriedState, 'round' | 'commitment'>;

/**
 * What a contributor keeps from round to round: a file for each expert, in the data folder. It is kept of each server for itself, and of private
 * rounds apart from others: what compression dropped of a private update must be in none that everybody can read.
 */
export class CarriedFolder {
  private readonly folder: string;

  /** @param server base URL of the server that the rounds are on */
  constructor(dataDir: string, server: string, { model, privacy }: Pick<RoundTerms, 'model' | 'privacy'>) {
    const { origin, pathname } = new URL(server);
    const place = encodeURIComponent(`${origin}${pathname}`.replace(/\/+$/, ''));
    this.folder = join(dataDir, 'rounds', place, model, privacy === undefined ? 'public' : 'private');
  }

  /**
   * What is kept for a round. `ROUND_CARRIED` where a file is damaged.
   * @param counts whether something came, or may come, of what was made for another round
   */
  async before(
    round: string,
    experts: readonly string[],
    counts: (made: MadeUpdate) => Promise<boolean>,
  ): Promise<Carried> {
    const all: Carried[] = [];
    for (const expert of experts) {
      const path = this.pathOf(expert);
      const bytes = await readIfThere(path);
      const state = bytes === null ? null : decodeCarried(bytes);
      if (bytes !== null && state === null)
        throw new CodedError('ROUND_CARRIED', `${path} is damaged; without it a round begins afresh`);
      const isLast = state !== null && state.round !== round && (await counts(state));
      all.push(state === null ? NOTHING_CARRIED : isLast ? state.after : state.before);
    }
    return joinedCarried(all);
  }

  /** Keeps what a round leaves. */
  async keep(
    { round, commitment }: MadeUpdate,
    experts: readonly string[],
    before: Carried,
    after: Carried,
  ): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const writes = experts.map((expert) => ({
      target: this.pathOf(expert),
      content: encodeCarried({
        ...{ round, commitment },
        ...{ before: carriedOf(expert, before), after: carriedOf(expert, after) },
      }),
    }));
    await writeDurably(this.folder, writes);
  }

  private pathOf(expert: string): string {
    return join(this.folder, `${expert}.carried`);
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}
