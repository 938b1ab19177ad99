import { setImmediate as turn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { DatasetFiles, DatasetRows, readDocuments, TIERS, type DatasetRow } from '../../datasets/index.js';
import type { SealedSet } from './make-sealed-set.js';
import { SEALED_SET_LOOKING } from './sealed-waits.js';
import { textKey } from './text-key.js';

/** Approved datasets of a tier that are looked through, the newest first. */
const MOST_DATASETS = 1_000;
/** Bytes of a dataset that is looked through: what takes some seconds, once for each sealed set. */
const MOST_BYTES = 256 << 20;

/** How long datasets are looked through before what waits for it begins again, from where this ended, ms. */
const LONGEST_LOOK_MS = 5 * 60_000;
/** Documents of a dataset after which is looked whether to stop. */
const DOCUMENTS_A_LOOK = 256;
/** Examples whose texts are hashed before others have their turn. */
const AT_ONCE = 64;

/** How a long look is stopped, and told of. */
export interface LookWork {
  readonly signal?: AbortSignal | undefined;
  /** Told after each dataset. */
  readonly progress?: (() => void) | undefined;
}

interface Scan {
  readonly dataset: string;
  readonly found: string;
}

/** Finds examples of sealed sets that others have seen, by their normalised text: in approved datasets, and opened from other sets. */
@Injectable()
export class KnownDocuments {
  private readonly logger = new Logger('Learning');

  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: DatasetRows,
    private readonly files: DatasetFiles,
  ) {}

  /**
   * Where an example of the set is known from: the id of a dataset, the root of the set it was opened from, null where from nowhere. Every
   * dataset is looked through once. `SEALED_SET_LOOKING` (503) where that takes longer than a few minutes: what was found is kept. Rejects
   * with the reason of the signal.
   */
  async of(
    set: SealedSet,
    { signal, progress }: LookWork = {},
  ): Promise<Result<(index: number) => string | null>> {
    const { root } = set.commitment;
    const scans = await this.dataSource.query<Scan[]>(
      'SELECT dataset, found FROM learning_sealed_scans WHERE set_root = $1',
      [root],
    );
    const known = new Map<number, string>();
    const note = (dataset: string, found: readonly number[]) => {
      for (const index of found) known.set(index, dataset);
    };
    const places = new Map((await this.keysOf(set)).map((key, index) => [key, index]));
    for (const { key, root: opened } of await this.openedOf([...places.keys()], root))
      note(opened, [places.get(key) ?? 0]);
    for (const { dataset, found } of scans) note(dataset, JSON.parse(found) as number[]);
    const done = new Set(scans.map(({ dataset }) => dataset));
    const fresh = (await this.approved()).filter(({ record }) => !done.has(record.id));
    const until = performance.now() + LONGEST_LOOK_MS;
    let kept = 0;
    for (const row of fresh) {
      // Each attempt comes further than the one before.
      if (kept > 0 && performance.now() > until) return stillLooking(set);
      const found = await this.look(row, places, signal);
      progress?.();
      // What cannot be read now is looked at again.
      if (found === null) continue;
      note(row.record.id, found);
      await this.dataSource.query(
        `INSERT INTO learning_sealed_scans (set_root, dataset, found) VALUES ($1, $2, $3)
         ON CONFLICT (set_root, dataset) DO NOTHING`,
        [root, row.record.id, JSON.stringify(found)],
      );
      kept++;
    }
    return ok((index) => known.get(index) ?? null);
  }

  /** The texts of a set, one for each example; others have their turn meanwhile. */
  async keysOf({ examples }: Pick<SealedSet, 'examples'>): Promise<string[]> {
    const keys: string[] = [];
    for (const { content } of examples) {
      keys.push(textKey(content, nativeSha256));
      if (keys.length % AT_ONCE === 0) await turn();
    }
    return keys;
  }

  /** Which of these texts were opened from other sets. @param root of the set they are in now */
  openedOf(keys: readonly string[], root: string): Promise<{ key: string; root: string }[]> {
    return this.dataSource.query<{ key: string; root: string }[]>(
      `SELECT text_key AS key, set_root AS root FROM learning_sealed_opened
       WHERE text_key = ANY ($1::text[]) AND set_root <> $2`,
      [keys, root],
    );
  }

  private async approved(): Promise<DatasetRow[]> {
    const tiers = await Promise.all(TIERS.map((stage) => this.rows.list({ stage, limit: MOST_DATASETS })));
    return tiers.flat().filter(({ record, fileGone }) => record.bytes <= MOST_BYTES && !fileGone);
  }

  /** Null where its file is not here, or cannot be read to its end: one dataset keeps nothing from being measured. */
  private async look(
    { record }: DatasetRow,
    places: ReadonlyMap<string, number>,
    signal: AbortSignal | undefined,
  ): Promise<number[] | null> {
    signal?.throwIfAborted();
    const found = new Set<number>();
    let seen = 0;
    try {
      if (!(await this.files.store.has(record.sha256))) return null;
      for await (const document of readDocuments(this.files.store.open(record.sha256))) {
        if (!document.ok) return null;
        const index = places.get(textKey(document.value.content, nativeSha256));
        if (index !== undefined) found.add(index);
        if (++seen % DOCUMENTS_A_LOOK !== 0) continue;
        await turn();
        signal?.throwIfAborted();
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      this.logger.warn(`could not look through dataset ${record.id}: ${messageOf(thrown)}`);
      return null;
    }
    return [...found].sort((a, b) => a - b);
  }
}

function stillLooking({ commitment: { model, root } }: SealedSet): Result<never> {
  const message = `datasets are being looked through for documents that ${model} is judged by`;
  return err(new CodedError(SEALED_SET_LOOKING, message, { set: root }, 503));
}
