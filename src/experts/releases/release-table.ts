import type { EntityManager } from 'typeorm';

/** A release as the database keeps it; all of it can be read from chain A again. */
export interface ReleaseRow {
  readonly hash: string;
  /** Position on chain A. */
  readonly chainIndex: number;
  readonly model: string;
  readonly version: string;
  /** `q8`, `f16` or `f32`; null where the block does not say. */
  readonly dtype: string | null;
  readonly meta: string;
  readonly tokenizer: string | null;
  readonly parent: string | null;
  /** The block's own time, ms since the epoch. */
  readonly timestamp: number;
}

/** A model and the release that serves under its bare name. */
export interface ModelRow {
  readonly name: string;
  readonly liveRelease: string | null;
}

interface RawRelease {
  readonly hash: string;
  readonly chain_index: string;
  readonly model: string;
  readonly version: string;
  readonly dtype: string | null;
  readonly meta: string;
  readonly tokenizer: string | null;
  readonly parent: string | null;
  readonly block_time: string;
}

/** Adds a release and its model. Where a version exists already, the earlier block on the chain keeps it. */
export async function insertRelease(manager: EntityManager, row: ReleaseRow): Promise<void> {
  await manager.query(
    `INSERT INTO releases (hash, chain_index, model, version, dtype, meta, tokenizer, parent, block_time)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      row.hash,
      row.chainIndex,
      row.model,
      row.version,
      row.dtype,
      row.meta,
      row.tokenizer,
      row.parent,
      row.timestamp,
    ],
  );
  await manager.query('INSERT INTO models (name) VALUES ($1) ON CONFLICT DO NOTHING', [row.model]);
}

/** All releases of a model, oldest first. */
export async function releasesOf(manager: EntityManager, model: string): Promise<ReleaseRow[]> {
  const rows = await manager.query<RawRelease[]>(
    'SELECT * FROM releases WHERE model = $1 ORDER BY chain_index',
    [model],
  );
  return rows.map(toRelease);
}

/** One release by its hash. */
export async function releaseByHash(manager: EntityManager, hash: string): Promise<ReleaseRow | null> {
  const [row] = await manager.query<RawRelease[]>('SELECT * FROM releases WHERE hash = $1', [hash]);
  return row === undefined ? null : toRelease(row);
}

/** One release by model and version. */
export async function releaseByVersion(
  manager: EntityManager,
  model: string,
  version: string,
): Promise<ReleaseRow | null> {
  const [row] = await manager.query<RawRelease[]>(
    'SELECT * FROM releases WHERE model = $1 AND version = $2',
    [model, version],
  );
  return row === undefined ? null : toRelease(row);
}

/** All models by name. */
export async function allModels(manager: EntityManager): Promise<ModelRow[]> {
  const rows = await manager.query<{ name: string; live_release: string | null }[]>(
    'SELECT name, live_release FROM models ORDER BY name',
  );
  return rows.map((row) => ({ name: row.name, liveRelease: row.live_release }));
}

/** The live release of a model; null where there is none. `lock` holds the row until the transaction ends. */
export async function liveRelease(
  manager: EntityManager,
  model: string,
  lock = false,
): Promise<string | null> {
  const [row] = await manager.query<{ live_release: string | null }[]>(
    `SELECT live_release FROM models WHERE name = $1 ${lock ? 'FOR UPDATE' : ''}`,
    [model],
  );
  return row?.live_release ?? null;
}

/** Moves the live pointer. */
export async function setLiveRelease(manager: EntityManager, model: string, release: string): Promise<void> {
  await manager.query('UPDATE models SET live_release = $2 WHERE name = $1', [model, release]);
}

/** The highest position of chain A that the releases reach; -1 while there are none. */
export async function lastIndexed(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<{ last: string | null }[]>(
    'SELECT max(chain_index) AS last FROM releases',
  );
  return Number(row.last ?? -1);
}

/** Empties both tables before they are rebuilt. */
export async function clearReleases(manager: EntityManager): Promise<void> {
  await manager.query('DELETE FROM models');
  await manager.query('DELETE FROM releases');
}

function toRelease(row: RawRelease): ReleaseRow {
  return {
    hash: row.hash,
    chainIndex: Number(row.chain_index),
    model: row.model,
    version: row.version,
    dtype: row.dtype,
    meta: row.meta,
    tokenizer: row.tokenizer,
    parent: row.parent,
    timestamp: Number(row.block_time),
  };
}
