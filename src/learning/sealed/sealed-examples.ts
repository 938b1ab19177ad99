import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { bytesToHex, CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender, LogReader } from '../../log/index.js';
import type { Beacon } from '../beacon/beacon.js';
import type { DomainExamples } from '../evaluation/example-source.js';
import { documentHash } from '../audit/document-tree.js';
import { hashOfExamples, type ExampleSupply, type UsedExamples } from '../evaluation/example-supply.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import { openExample, type SealedSet } from './make-sealed-set.js';
import { SealedAlerts } from './sealed-alerts.js';
import { drawSealed, joinedDraws, leftOf, type BeaconDraw, type DrawnIndexes } from './sealed-draw.js';
import { SEALED_DRAWN_ENTRY, SEALED_SET_ENTRY } from './sealed-entries.js';
import { SealedFiles } from './sealed-files.js';
import { KnownDocuments, type LookWork } from './known-documents.js';
import type { SealedCommitment, SealedExample } from './sealed-set.js';
import { drawHash, SealedStore, type SealedDraw, type StoredDraw } from './sealed-store.js';
import { shownExamples } from './verify-sealed.js';

/** What is measured, and by which beacon. */
export interface MeasuredSubject extends LookWork {
  /** Id of a submission or of a removal. */
  readonly subject: string;
  readonly model: string;
  readonly beacon: Beacon;
  /** What was shown of its training; not there where there was none. */
  readonly seen?: SeenDocuments;
}

/** Documents that a candidate was trained on, by their hash as they were learnt (`documentHash`). */
export interface SeenDocuments {
  readonly documents: ReadonlySet<string>;
  readonly encoder: ExampleEncoder;
}

/** How often more is drawn from domains in doubt: examples of a sealed set can be used only once. */
const SEALED_MORE_ROUNDS = 1;
/** Where a document is known from that was shown of the training. */
const TRAINING = 'training';
/** Examples that are compared with what was shown before others have their turn. */
const AT_ONCE = 64;
/** Who draws. */
const ACTOR = 'learning';

type Taken = Result<StoredDraw | null>;

/** Draws examples from sealed sets, each of them once. What was drawn stays drawn: a measurement that is done again has the same. */
@Injectable()
export class SealedExamples {
  private readonly files: SealedFiles;

  constructor(
    config: AppConfig,
    private readonly store: SealedStore,
    private readonly known: KnownDocuments,
    private readonly alerts: SealedAlerts,
    private readonly transactions: Transactions,
    private readonly reader: LogReader,
    private readonly log: LogAppender,
  ) {
    this.files = new SealedFiles(config.dataDir);
  }

  /** The examples of a measurement. */
  supply(of: MeasuredSubject): ExampleSupply {
    const draws: StoredDraw[] = [];
    const take = async (round: number, names: readonly string[] | null): Promise<Result<DomainExamples>> => {
      const draw = await this.draw(of, round, names);
      if (!draw.ok) return draw;
      if (draw.value === null) return ok(new Map());
      draws.push(draw.value);
      return ok(shownExamples(draw.value.drawn, draw.value.examples));
    };
    return {
      moreRounds: SEALED_MORE_ROUNDS,
      first: () => take(0, null),
      more: (round, names) => take(round, names),
      told: (used) => toldOf(draws, used),
    };
  }

  /**
   * What was drawn for a subject, now or before; null where no domain has as many left, in a round after the first. `SEALED_SET_MISSING`,
   * `SEALED_SET_EXHAUSTED` (409), `SEALED_SET_FILE` and `SEALED_SET_LOOKING` (503).
   */
  private async draw(
    measured: MeasuredSubject,
    round: number,
    names: readonly string[] | null,
  ): Promise<Taken> {
    const { subject, model, beacon } = measured;
    const before = await this.store.drawsFor(subject);
    const own = before.find((draw) => draw.round === round);
    if (own !== undefined) return ok(own);
    const sets = before.length > 0 ? [before[0].set] : await this.setsBefore(model, beacon);
    for (const root of sets) {
      // Of a set that is used up, the file may be gone.
      if (!(await this.hasEnough(root, names))) continue;
      const taken = await this.drawFrom(root, { subject, round, beacon: beacon.root }, names, measured);
      if (!taken.ok || taken.value !== null) return taken;
    }
    if (round > 0) return ok(null);
    if (sets.length === 0) return err(setMissing(model));
    await this.alerts.exhausted(model, subject, sets[0]);
    return err(setExhausted(model));
  }

  /** Roots of the sets that were in the log before what is measured, newest first: no set is made for a candidate. */
  private async setsBefore(model: string, { submission_index: before }: Beacon): Promise<string[]> {
    const roots: string[] = [];
    for (const { commitment } of await this.store.sets(model)) {
      const at = await this.reader.indexOf(commitment.root, SEALED_SET_ENTRY);
      if (at !== null && at < before) roots.push(commitment.root);
    }
    return roots;
  }

  /** Whether there may be a draw of every domain, or of one of those named. */
  private async hasEnough(root: string, names: readonly string[] | null): Promise<boolean> {
    const commitment = await this.store.set(root);
    if (commitment === null) return false;
    const left = new Map(Object.entries(leftOf(commitment, await this.store.unusable(root))));
    const isEnough = (name: string) => (left.get(name) ?? 0) >= commitment.draws;
    return names === null ? [...left.keys()].every(isEnough) : names.some(isEnough);
  }

  private async read({ model }: MeasuredSubject, root: string): Promise<Result<SealedSet>> {
    const set = await this.files.read(root);
    if (set.ok) await this.alerts.fileThere(root);
    else await this.alerts.fileMissing(model, root, set.error.message);
    return set;
  }

  /** Null where too little is left; then nothing has changed. */
  private async drawFrom(
    root: string,
    of: Pick<SealedDraw, 'subject' | 'round' | 'beacon'>,
    names: readonly string[] | null,
    measured: MeasuredSubject,
  ): Promise<Taken> {
    const set = await this.read(measured, root);
    if (!set.ok) return set;
    const known = await this.known.of(set.value, measured);
    if (!known.ok) return known;
    const drawNow = (
      commitment: SealedCommitment,
      used: ReadonlySet<number>,
      isSeen: (index: number) => boolean,
    ): BeaconDraw => {
      const wanted = names ?? Object.keys(commitment.domains);
      const knownFrom = (index: number) => known.value(index) ?? (isSeen(index) ? TRAINING : null);
      const isUsed = (index: number) => used.has(index);
      return drawSealed(commitment, of.beacon, wanted, { isUsed, knownFrom }, nativeSha256);
    };
    const usedBefore = await this.store.used(root);
    const isSeen = await seenAmong(set.value.examples, measured, (look) =>
      drawNow(set.value.commitment, usedBefore, look),
    );
    const taken = await this.transactions.run(async (manager): Promise<StoredDraw | null> => {
      // Two that draw at once would draw the same.
      const commitment = await this.store.set(root, manager, 'FOR UPDATE');
      if (commitment === null) throw new Error(`sealed set ${root} went away`);
      const own = (await this.store.drawsFor(of.subject, manager)).find(({ round }) => round === of.round);
      if (own !== undefined) return own;
      const found = drawNow(commitment, await this.store.used(root, manager), isSeen);
      const count = Object.keys(found.drawn).length;
      if (names === null ? count < Object.keys(commitment.domains).length : count === 0) return null;
      return this.keep(manager, set.value, { ...of, ...found });
    });
    if (taken === null) return ok(null);
    this.log.committed();
    await this.alerts.look(set.value.commitment);
    return ok(taken);
  }

  private async keep(manager: EntityManager, set: SealedSet, draw: SealedDraw): Promise<StoredDraw> {
    const { root } = set.commitment;
    const examples = Object.values(draw.drawn)
      .flat()
      .map((index) => openExample(set, index));
    await this.store.addDraw(manager, root, draw, examples);
    const { subject, round, skipped } = draw;
    await this.log.append(manager, [
      {
        ...{ kind: SEALED_DRAWN_ENTRY, subject, actor: ACTOR, hash: drawHash(root, draw) },
        data: { set: root, round, examples: examples.length, skipped: skipped.length },
      },
    ]);
    return { ...draw, set: root, position: '', examples };
  }
}

/**
 * Whether an example was shown of the training. Those that a draw comes to are compared before, while others have their turn: the draw itself
 * is to be short, as it holds the set. What it comes to besides, because another draw came before it, is compared then.
 */
async function seenAmong(
  examples: readonly SealedExample[],
  { seen, signal }: MeasuredSubject,
  draw: (isSeen: (index: number) => boolean) => unknown,
): Promise<(index: number) => boolean> {
  if (seen === undefined || seen.documents.size === 0) return () => false;
  const compared = new Map<number, boolean>();
  const compare = (index: number) => {
    const is = compared.get(index) ?? isSeen(examples[index], seen);
    compared.set(index, is);
    return is;
  };
  for (;;) {
    const next: number[] = [];
    draw((index) => {
      const is = compared.get(index);
      if (is === undefined) next.push(index);
      return is ?? false;
    });
    if (next.length === 0) return compare;
    for (const [i, index] of next.entries()) {
      compare(index);
      if ((i + 1) % AT_ONCE === 0) await turn();
    }
    await turn();
    signal?.throwIfAborted();
  }
}

function isSeen({ content }: SealedExample, seen: SeenDocuments): boolean {
  const encoded = seen.encoder.encode(content);
  return encoded.ok && seen.documents.has(bytesToHex(documentHash(encoded.value, nativeSha256)));
}

/** Refusal of what needs a sealed set where there is none. */
export function setMissing(model: string): CodedError {
  const message = `there are no examples to judge ${model} by: a guardian makes a sealed set with stemma sealed create`;
  return new CodedError('SEALED_SET_MISSING', message, { model }, 409);
}

/** Refusal of what needs more of a sealed set than is left. */
export function setExhausted(model: string): CodedError {
  const message = `too few examples are left to judge ${model} by: a guardian makes a new sealed set with stemma sealed create`;
  return new CodedError('SEALED_SET_EXHAUSTED', message, { model }, 409);
}

function toldOf(draws: readonly StoredDraw[], { examples, more }: UsedExamples) {
  const used = draws.filter(({ drawn }) => Object.keys(drawn).length > 0);
  const drawn = joinedDraws(used);
  const first: DrawnIndexes = used[0].drawn;
  const counts = Object.entries(first).map(([name, indexes]) => [name, indexes.length] as const);
  return {
    ...{ source: 'sealed' as const, set: used[0].set, draws: Object.fromEntries(counts), drawn },
    ...{ skipped: used.flatMap(({ skipped }) => skipped), more, hash: hashOfExamples(examples) },
  };
}
