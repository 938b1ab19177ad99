import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { LogReader } from '../../log/index.js';
import { NONCE_ENTRY, REMOVAL_ENTRY, SUBMISSION_ENTRY } from '../beacon/beacon.js';
import { RemovalStore } from '../removal/removal-store.js';
import { SubmissionStore } from '../submission/submission-store.js';
import { SEALED_SET_ENTRY } from './sealed-entries.js';
import type { ProvenLeaf, SealedEvidence, SealedVerdict } from './sealed-evidence.js';
import { SealedStore, type StoredDraw } from './sealed-store.js';

/** Shows what a verdict rests on, once there is a verdict. */
@Injectable()
export class SealedEvidenceMaker {
  constructor(
    private readonly store: SealedStore,
    private readonly submissions: SubmissionStore,
    private readonly removals: RemovalStore,
    private readonly log: LogReader,
  ) {}

  /**
   * The evidence for a submission or a removal. `SUBMISSION_NOT_FOUND`, `REMOVAL_NOT_FOUND` (404), `SEALED_NOT_OPENED` (409) before its
   * verdict, and where it was not judged by a sealed set.
   */
  async of(subject: string): Promise<Result<SealedEvidence>> {
    const verdict = await this.verdictOn(subject);
    if (!verdict.ok) return verdict;
    if (verdict.value === null) return notOpened(subject);
    const { beacon, examples: named } = verdict.value;
    const commitment = await this.store.set(named.set);
    const own = await this.store.drawsFor(subject);
    const kind = subject.startsWith('removal_') ? REMOVAL_ENTRY : SUBMISSION_ENTRY;
    const log = {
      set: await this.leaf(named.set, SEALED_SET_ENTRY, beacon.size),
      subject: await this.leaf(subject, kind, beacon.size),
      nonce: await this.leaf(subject, NONCE_ENTRY, beacon.size),
    };
    if (commitment === null || own.length === 0) throw new Error(`what ${subject} was judged by went away`);
    const last = BigInt(own[own.length - 1].position);
    const draws = (await this.store.draws(named.set)).filter(({ position }) => BigInt(position) <= last);
    const drawn = new Set(Object.values(named.drawn).flat());
    const opened = own.flatMap(({ examples }) => examples).filter(({ index }) => drawn.has(index));
    return ok({
      ...{ version: 1, subject, verdict: verdict.value, commitment, log },
      ...{ draws: draws.map(shownDraw), examples: opened },
    });
  }

  /** Null where there is none yet, or none that rests on a sealed set. */
  private async verdictOn(subject: string): Promise<Result<SealedVerdict | null>> {
    const removal = subject.startsWith('removal_') ? await this.removals.one(subject) : null;
    if (removal?.ok === false) return removal;
    const submission = removal === null ? await this.submissions.one(subject) : null;
    if (submission?.ok === false) return submission;
    const verdict = removal?.value.effect ?? submission?.value.verdict ?? null;
    return ok(verdict?.examples.source === 'sealed' ? (verdict as unknown as SealedVerdict) : null);
  }

  private async leaf(subject: string, kind: string, size: number): Promise<ProvenLeaf> {
    const found = await this.log.leafOf(subject, kind);
    const proof = found === null ? null : await this.log.inclusion(found.index, size);
    if (found === null || proof?.ok !== true) throw new Error(`${kind} of ${subject} is not in the log`);
    return { ...found, path: proof.value.path };
  }
}

function shownDraw({ subject, round, beacon, drawn, skipped }: Omit<StoredDraw, 'examples'>) {
  return { subject, round, beacon, drawn, skipped };
}

function notOpened(subject: string): Result<never> {
  const message = `${subject} has no verdict that rests on a sealed set: nothing was opened`;
  return err(new CodedError('SEALED_NOT_OPENED', message, { subject }, 409));
}
