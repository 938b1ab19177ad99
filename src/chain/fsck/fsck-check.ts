import { Injectable } from '@nestjs/common';
import type { Findings, LogLeaf } from '../../log/index.js';
import type { BlockHeader } from '../block/index.js';

/** How a run of fsck was asked for. */
export interface FsckOptions {
  /** Put right what can be derived from something intact. */
  readonly repair: boolean;
  /** Whether nothing else can be writing: temporary files are then leftovers. */
  readonly exclusive: boolean;
}

/** A block as the public artefacts show it: named by the log, its header read and verified. */
export interface AcceptedFact {
  readonly hash: string;
  readonly chain: string;
  /** Position on its chain, by the log. */
  readonly index: number;
  /** Leaf number. */
  readonly leaf: number;
  /** Null when the header is missing or damaged. */
  header: BlockHeader | null;
}

/** What further checks may rely on: what the log says, and the blocks that are intact. */
export interface FsckFacts {
  /** Leaves in the published log. */
  readonly logSize: number;
  /** Whether every leaf could be read: only then is what no leaf names known to be too much. */
  readonly complete: boolean;
  /** By hash, in the order of the log. */
  readonly blocks: ReadonlyMap<string, AcceptedFact>;
}

/** A check that another module adds: it reports findings, and with `repair` puts right what it can. */
export interface FsckCheck {
  readonly name: string;
  /** Called for every entry of the log that is not about a block. @param leaf the parsed leaf */
  visitLeaf?(index: number, leaf: Pick<LogLeaf, 'kind' | 'subject' | 'hash' | 'data'>): void;
  run(facts: FsckFacts, findings: Findings, options: FsckOptions): Promise<void>;
}

/** Where modules add their checks. */
@Injectable()
export class FsckRegistry {
  private readonly added: FsckCheck[] = [];

  /** Adds a check; it runs after those of log and chain, in order of registration. */
  register(check: FsckCheck): void {
    this.added.push(check);
  }

  /** All added checks. */
  get checks(): readonly FsckCheck[] {
    return this.added;
  }
}
