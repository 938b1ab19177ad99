import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../../auth/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { workOf } from '../proof/index.js';
import {
  challengeOf,
  DATASET_FORMAT,
  datasetIdOf,
  type DatasetDescription,
  type DatasetRecord,
} from '../registry/dataset-record.js';
import { DatasetRegistry } from '../registry/dataset-registry.js';
import { DatasetClock } from '../vote/dataset-clock.js';
import { DatasetFiles } from './dataset-files.js';
import { bytesOf } from './description.js';
import { allowanceOf } from './uploader.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The bytes of a dataset, checked against its description and lying in a file of their own. */
export interface ReceivedFiles {
  readonly path: string;
  readonly hash: string;
  readonly root: string;
}

/** Takes datasets in: quota, proof of work, and then their first block. */
@Injectable()
export class DatasetIntake {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly registry: DatasetRegistry,
    private readonly files: DatasetFiles,
    private readonly clock: DatasetClock,
  ) {}

  /**
   * Whether somebody may upload what is described, before any byte of it is taken. `DATASET_EXISTS`, `DATASET_NAME_TAKEN`,
   * `DATASET_VERSION_TAKEN` (409), `DATASET_QUOTA` (429).
   */
  async admit(who: Identity, description: DatasetDescription): Promise<Result<void>> {
    await this.clock.open();
    const id = datasetIdOf(challengeOf(who.subject, description));
    return this.check(this.dataSource.manager, { id, who, description, sha256: null });
  }

  /** `DATASET_WORK` (422) unless the nonce is the proof of work that this account owes for this description. */
  checkWork(who: Identity, description: DatasetDescription, nonce: number): Result<void> {
    const { workBits } = allowanceOf(who, this.config);
    if (workOf(challengeOf(who.subject, description), nonce, nativeSha256) >= workBits) return ok();
    const message = `The upload needs a nonce whose hash begins with ${workBits} zero bits.`;
    return err(new CodedError('DATASET_WORK', message, { bits: workBits }));
  }

  /** Stores the files and makes the first block. Refusals as `admit`, and `STORAGE_…`; what was received is then still there. */
  async register(
    who: Identity,
    description: DatasetDescription,
    received: ReceivedFiles,
  ): Promise<Result<DatasetRecord>> {
    const { store } = this.files;
    const id = datasetIdOf(challengeOf(who.subject, description));
    const stored = await store.putAll([{ hash: received.hash, content: { path: received.path } }]);
    if (!stored.ok) return stored;
    const added = await this.registry.add(
      (now) => firstRecord(id, who.subject, description, received, now),
      (manager) => this.check(manager, { id, who, description, sha256: received.hash }),
    );
    if (!added.ok) await this.forgetFile(received.hash);
    return added;
  }

  /** Removes the file of that name unless a dataset still needs it. */
  async forgetFile(sha256: string): Promise<void> {
    const needed = await this.dataSource.query<unknown[]>(
      'SELECT 1 FROM datasets WHERE sha256 = $1 AND NOT file_gone LIMIT 1',
      [sha256],
    );
    if (needed.length === 0) await this.files.store.remove(sha256);
  }

  private async check(
    manager: EntityManager,
    wish: { id: string; who: Identity; description: DatasetDescription; sha256: string | null },
  ): Promise<Result<void>> {
    const { id, who, description, sha256 } = wish;
    const [found] = await manager.query<
      { same: string | null; taken: boolean; version: boolean; file: string | null; today: string }[]
    >(
      `SELECT (SELECT id FROM datasets WHERE id = $1) AS same,
         EXISTS (SELECT FROM datasets WHERE name = $2 AND creator <> $3) AS taken,
         EXISTS (SELECT FROM datasets WHERE name = $2 AND version = $4) AS version,
         (SELECT min(id) FROM datasets WHERE sha256 = $5 AND stage NOT IN ('rejected', 'withdrawn')) AS file,
         (SELECT count(*) FROM datasets WHERE creator = $3 AND created_at > $6) AS today`,
      [id, description.name, who.subject, description.version, sha256, this.clock.now() - DAY_MS],
    );
    const { name, version } = description;
    const same = found.same ?? found.file;
    if (same !== null) return conflict('EXISTS', `These files are dataset ${same}.`, { dataset: same });
    if (found.taken) return conflict('NAME_TAKEN', `The name ${name} belongs to another account.`);
    if (found.version) return conflict('VERSION_TAKEN', `${name} has a version ${version} already.`);
    const { daily } = allowanceOf(who, this.config);
    return Number(found.today) < daily ? ok() : err(overQuota(daily));
  }
}

function firstRecord(
  id: string,
  creator: string,
  description: DatasetDescription,
  { hash, root }: ReceivedFiles,
  at: number,
): DatasetRecord {
  return {
    ...{ format: DATASET_FORMAT, id, creator, ...description },
    ...{ bytes: bytesOf(description), sha256: hash, root },
    ...{ stage: 'pending', reasons: [], note: null, actor: creator, at, previous: null },
    ...{ audit: null, vote: null, appeal: null, appeal_until: null, tier: null },
  };
}

function conflict(part: string, message: string, facts: { dataset?: string } = {}): Result<never> {
  return err(new CodedError(`DATASET_${part}`, message, facts, 409));
}

function overQuota(daily: number): CodedError {
  const message = `This account may upload ${daily} datasets in 24 hours.`;
  return new CodedError('DATASET_QUOTA', message, { daily }, 429);
}
