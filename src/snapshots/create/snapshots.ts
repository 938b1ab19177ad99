import { createHash, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlockStores, storageError } from '../../chain/index.js';
import {
  bytesToHex,
  CodedError,
  err,
  ok,
  systemClock,
  systemCodeOf,
  unwrap,
  type Result,
} from '../../common/index.js';
import { packageVersion } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { databaseRefusal } from '../../database/index.js';
import { NodeKeys } from '../../keys/index.js';
import { LogFiles, parseCheckpoint, Sequencer } from '../../log/index.js';
import { signManifest, SNAPSHOT_FORMAT, type SnapshotBody } from '../manifest.js';
import { Amount, amountOf, type SnapshotProgress } from './amount.js';
import { listBlobs } from './blob-list.js';
import { copyBlobs } from './copy-blobs.js';
import { copyLog } from './copy-log.js';
import { DatabaseView } from './database-view.js';
import { dumpDatabase } from './dump-tables.js';
import { Headroom } from './headroom.js';
import { dropOldest, dropUnfinished, keptSnapshots, type KeptSnapshot } from './kept-snapshots.js';
import { copyKernels, copyKeys, copySettings } from './plain-files.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { listTables } from './table-catalog.js';

/** What is wanted of a snapshot. */
export interface SnapshotWish {
  /** Whether the node's private keys go along. */
  readonly withKeys?: boolean;
  /** How many finished snapshots stay, this one included; all where absent. */
  readonly keep?: number;
  /** What it is asked for by: the same label gives the same snapshot, not a second one. */
  readonly label?: string;
  /** Ends it early: `SNAPSHOT_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** A finished snapshot. */
export interface SnapshotSummary {
  readonly id: string;
  readonly folder: string;
  readonly created_at: string;
  /** Of all its files together; those shared with an earlier snapshot take no room a second time. */
  readonly bytes: number;
  readonly shared_bytes: number;
  readonly files: number;
  readonly rows: number;
  /** Leaves under its checkpoint. */
  readonly log_size: number;
  readonly with_keys: boolean;
  /** Older snapshots that were removed. */
  readonly removed: readonly string[];
}

/** How long entries that wait to be published are waited for, ms. */
const SETTLE_MS = 5_000;

/**
 * Makes snapshots: the database as it is at one moment, the log up to the checkpoint of just before, and the blobs that state names.
 * The server goes on meanwhile.
 */
@Injectable()
export class Snapshots {
  constructor(
    private readonly config: AppConfig,
    private readonly keys: NodeKeys,
    private readonly dataSource: DataSource,
    private readonly stores: BlockStores,
    private readonly files: LogFiles,
    private readonly sequencer: Sequencer,
  ) {}

  /** Where snapshots lie. */
  get folder(): string {
    return resolve(this.config.snapshotDir ?? join(this.config.dataDir, 'snapshots'));
  }

  /**
   * Makes a snapshot in a folder of its own. Refusals: `SNAPSHOT_BUSY` (409), `SNAPSHOT_SOURCE` (503, something is damaged),
   * `SNAPSHOT_CANCELLED`, `STORAGE_*`. None leaves anything that looks like a snapshot.
   */
  async create(
    wish: SnapshotWish,
    onProgress: SnapshotProgress = () => undefined,
  ): Promise<Result<SnapshotSummary>> {
    try {
      return await DatabaseView.run(this.dataSource, (view) => this.make(view, wish, onProgress));
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      // errors of PostgreSQL have codes, too: they are no storage errors
      if (/^E[A-Z]+$/.test(systemCodeOf(thrown) ?? '')) return err(storageError(thrown));
      throw thrown;
    }
  }

  /** Removes what snapshots that were cut short have left. @returns how many; null where it could not look: one may be being made */
  async dropUnfinished(): Promise<number | null> {
    try {
      return await DatabaseView.run(this.dataSource, async (view) => {
        await view.close();
        return dropUnfinished(this.folder);
      });
    } catch (thrown) {
      if (databaseRefusal(thrown) !== null) return null;
      if (thrown instanceof CodedError && thrown.code === 'SNAPSHOT_BUSY') return null;
      throw thrown;
    }
  }

  private async make(
    view: DatabaseView,
    wish: SnapshotWish,
    onProgress: SnapshotProgress,
  ): Promise<Result<SnapshotSummary>> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await dropUnfinished(this.folder);
    const kept = await keptSnapshots(this.folder, bytesToHex(this.keys.logSigner.publicKey));
    const same = kept.find(({ manifest }) => wish.label !== undefined && manifest.label === wish.label);
    // Cut off behind the last file, what it was to remove is there still.
    if (same !== undefined) {
      const others = kept.filter((each) => each !== same);
      return ok(summaryOf(same, 0, await removeOld([same, ...others], wish)));
    }
    const headroom = new Headroom(this.folder);
    const writer = new SnapshotWriter(this.folder, newId(wish.label), headroom);
    try {
      const made = await this.fill(view, writer, headroom, kept[0] ?? null, wish, onProgress);
      return ok(summaryOf(made, writer.sharedBytes, await removeOld([made, ...kept], wish)));
    } finally {
      await writer.discard();
    }
  }

  private async fill(
    view: DatabaseView,
    writer: SnapshotWriter,
    headroom: Headroom,
    earlier: KeptSnapshot | null,
    wish: SnapshotWish,
    onProgress: SnapshotProgress,
  ): Promise<KeptSnapshot> {
    const created_at = new Date(systemClock.now()).toISOString();
    // Published leaves are numbered first, so a checkpoint read before the database's moment speaks of nothing it does not have.
    await this.sequencer.settle(SETTLE_MS);
    const checkpoint = await this.files.readCheckpoint();
    if (checkpoint === null) throw new CodedError('LOG_NOT_READY', 'The log has no checkpoint yet.', {}, 503);
    await checkCovered(view, checkpoint);
    const tables = await listTables(view.runner);
    const blobs = await listBlobs(view);
    const earlierFiles = new Map(earlier?.manifest.files.map((file) => [file.path, file]));
    const amount = amountOf(tables, blobs, earlierFiles);
    await headroom.expect(amount.expected);
    const progress = new Amount(amount.total, wish.signal, onProgress);
    const database = await dumpDatabase(view, tables, writer, progress);
    await view.close();
    const from = earlier === null ? null : { folder: earlier.folder, files: earlierFiles };
    unwrap(await copyBlobs(this.stores, blobs, from, writer, ({ size }) => progress.add(size, 'blobs')));
    progress.add(0, 'log');
    unwrap(await copyLog(this.files, checkpoint, this.keys.logSigner.publicKey, writer));
    await copySettings(this.config, writer);
    await copyKernels(this.config, writer);
    if (wish.withKeys === true) await copyKeys(this.config, writer);
    progress.add(0, 'sealing');
    const body: SnapshotBody = {
      ...{ format: SNAPSHOT_FORMAT, id: writer.id, created_at, stemma: packageVersion() },
      ...{ node: this.keys.nodeName, key: bytesToHex(this.keys.logSigner.publicKey) },
      ...{ label: wish.label ?? null, checkpoint, ...database },
      ...{ with_keys: wish.withKeys === true, files: writer.files },
    };
    const manifest = signManifest(body, this.keys.logSigner);
    return { manifest, folder: await writer.finish(manifest) };
  }
}

/** Removes what is beyond the wish. @returns their ids */
function removeOld(snapshots: readonly KeptSnapshot[], { keep }: SnapshotWish): Promise<readonly string[]> {
  return keep === undefined ? Promise.resolve([]) : dropOldest(snapshots, keep);
}

/** Rows that lack published leaves would give a server that cannot go on with its log. */
async function checkCovered(view: DatabaseView, checkpoint: string): Promise<void> {
  const [{ assigned }] = (await view.runner.query('SELECT assigned FROM log_state')) as {
    assigned: string;
  }[];
  const { size } = unwrap(parseCheckpoint(checkpoint));
  if (size <= Number(assigned)) return;
  const detail = `The published log has ${size} leaves, the database only ${assigned}. Run: stemma fsck --repair`;
  throw new CodedError('SNAPSHOT_SOURCE', detail, { size }, 503);
}

/** The moment, so that names sort by age; the label's hash or chance behind it. */
function newId(label: string | undefined): string {
  const moment = new Date(systemClock.now()).toISOString().slice(0, 19).replaceAll(':', '-');
  const suffix =
    label === undefined
      ? randomBytes(4).toString('hex')
      : createHash('sha256').update(label).digest('hex').slice(0, 8);
  return `${moment}Z-${suffix}`;
}

function summaryOf(
  { manifest, folder }: KeptSnapshot,
  shared: number,
  removed: readonly string[],
): SnapshotSummary {
  const { id, created_at, files, tables, checkpoint, with_keys } = manifest;
  return {
    ...{ id, folder, created_at, with_keys, removed },
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    shared_bytes: shared,
    files: files.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    log_size: Number(checkpoint.split('\n')[1]),
  };
}
