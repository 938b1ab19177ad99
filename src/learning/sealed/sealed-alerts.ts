import { Injectable } from '@nestjs/common';
import { Instance } from '../../config/index.js';
import { AlertBook } from '../../monitoring/index.js';
import { leftOf } from './sealed-draw.js';
import type { SealedCommitment } from './sealed-set.js';
import { SealedStore } from './sealed-store.js';

/** With fewer draws left than this in a domain, somebody is told that a new set is needed. */
const FEW_DRAWS = 5;

/** Tells people before a sealed set is used up. */
@Injectable()
export class SealedAlerts {
  constructor(
    private readonly book: AlertBook,
    private readonly store: SealedStore,
    private readonly instance: Instance,
  ) {}

  /** Looks at what is left of the newest set of a model. */
  async look({ model }: Pick<SealedCommitment, 'model'>): Promise<void> {
    const fingerprint = `learning.sealed_set.${model}`;
    const [newest] = await this.store.sets(model, 1);
    if (newest === undefined) return;
    const { commitment } = newest;
    const left = leftOf(commitment, await this.store.unusable(commitment.root));
    const [[name, least]] = Object.entries(left).sort(([, a], [, b]) => a - b);
    if (least >= FEW_DRAWS * commitment.draws) {
      await this.book.clear(fingerprint);
      return;
    }
    const over = least < commitment.draws;
    const summary = over
      ? `The sealed set of ${model} is used up in ${name}: submissions are refused until there is a new one`
      : `The sealed set of ${model} has ${least} examples of ${name} left, enough for ${Math.floor(least / commitment.draws)} measurements: make a new one`;
    await this.book.raise({
      ...{ fingerprint, source: 'learning', severity: over ? 'critical' : 'warning', summary },
      ...{ evidence: { model, set: commitment.root, left }, lasting: false },
    });
  }

  /** Something was not measured because too little is left of a set, whatever the count says: documents may be known from elsewhere. */
  async exhausted(model: string, subject: string, set: string): Promise<void> {
    const [newest] = await this.store.sets(model, 1);
    // With a newer set, only what came before it goes without.
    if (newest?.commitment.root !== set) return;
    await this.book.raise({
      ...{ fingerprint: `learning.sealed_set.${model}`, source: 'learning', severity: 'critical' },
      summary: `The sealed set of ${model} has too few examples that nobody knows to measure ${subject}: make a new one`,
      ...{ evidence: { model, set, subject }, lasting: false },
    });
  }

  /** The file of a set cannot be used here: what is to be measured by it waits. */
  async fileMissing(model: string, set: string, why: string): Promise<void> {
    await this.book.raise({
      ...{ fingerprint: this.fileFingerprint(set), source: 'learning', severity: 'critical' },
      summary: `What ${model} is judged by cannot be read, and submissions and removals wait: ${why}`,
      ...{ evidence: { model, set }, lasting: false },
    });
  }

  /** The file of a set was read. */
  async fileThere(set: string): Promise<void> {
    await this.book.clear(this.fileFingerprint(set));
  }

  /** Each server has a file of its own. */
  private fileFingerprint(set: string): string {
    return this.instance.own(`learning.sealed_file.${set.slice(0, 16)}`);
  }
}
