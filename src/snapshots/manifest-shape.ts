import type { SnapshotFile, SnapshotManifest } from './manifest.js';

const MEMBERS = [
  ...[
    'checkpoint',
    'created_at',
    'files',
    'format',
    'id',
    'key',
    'label',
    'migrations',
    'node',
    'partitions',
  ],
  ...['sequences', 'signature', 'stemma', 'tables', 'with_keys'],
];

/** A snapshot's id: the moment it was begun and eight hex digits. */
export const SNAPSHOT_ID = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z-[0-9a-f]{8}$/;

const HASH = /^[0-9a-f]{64}$/;
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** What PostgreSQL prints for a moment in UTC. */
const MOMENT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00$/;
const MIGRATION = /^[A-Za-z][A-Za-z0-9]{0,99}$/;
/** Files are named by us: no dot in front, nothing that leads out of the folder. */
const PATH = /^[a-z0-9][A-Za-z0-9._-]{0,127}(\/[a-zA-Z0-9_-][A-Za-z0-9._-]{0,127}){0,8}$/;

/** Whether something has every member of a manifest, each of the right shape; nothing outside the folder can be named. */
export function hasManifestShape(value: unknown): value is SnapshotManifest {
  if (typeof value !== 'object' || value === null) return false;
  const manifest = value as SnapshotManifest;
  return (
    Object.keys(manifest).sort().join() === MEMBERS.join() &&
    manifest.format === 'stemma-snapshot/1' &&
    hasPlainMembers(manifest) &&
    every(manifest.files, isFile) &&
    every(manifest.migrations, (name) => isText(name, MIGRATION)) &&
    every(manifest.partitions, ({ table, name, from, to }) => {
      return isText(table, NAME) && isText(name, NAME) && isText(from, MOMENT) && isText(to, MOMENT);
    }) &&
    every(manifest.sequences, ({ name, value: last }) => isText(name, NAME) && isText(last, /^\d{1,19}$/)) &&
    hasTables(manifest)
  );
}

function hasPlainMembers({ id, key, signature, label, with_keys, ...rest }: SnapshotManifest): boolean {
  return (
    isText(id, SNAPSHOT_ID) &&
    isText(key, HASH) &&
    isText(signature, /^[0-9a-f]{128}$/) &&
    (label === null || isText(label, /^.{1,200}$/s)) &&
    typeof with_keys === 'boolean' &&
    isText(rest.created_at, /^\d{4}-\d{2}-\d{2}T[\d:.]{8,15}Z$/) &&
    isText(rest.stemma, /^.{1,64}$/) &&
    isText(rest.node, /^.{1,200}$/) &&
    isText(rest.checkpoint, /^.{1,65536}$/s)
  );
}

function hasTables({ tables, files }: SnapshotManifest): boolean {
  const paths = new Set(files.map(({ path }) => path));
  return every(
    tables,
    ({ name, columns, rows, file }) =>
      isText(name, NAME) &&
      every(columns, (column) => isText(column, NAME)) &&
      isCount(rows) &&
      file === `tables/${name}.jsonl` &&
      paths.has(file),
  );
}

function isFile({ path, bytes, sha256 }: SnapshotFile): boolean {
  return isText(path, PATH) && !path.includes('..') && isCount(bytes) && isText(sha256, HASH);
}

function every<T>(list: readonly T[], holds: (item: T) => boolean): boolean {
  return Array.isArray(list) && list.every((item) => item !== null && holds(item));
}

function isText(value: unknown, shape: RegExp): boolean {
  return typeof value === 'string' && shape.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
