import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCodeOf } from '../common/index.js';
import type { AppConfig } from './app-config.js';

const FILE = 'instance.json';
const MACHINE_ID = '/etc/machine-id';
const ID_BYTES = 6;
const SUFFIX = /@([0-9a-f]{12})$/;

/** What tells a copy of a data folder from the folder itself: another path, another file or another machine. */
interface Place {
  readonly folder: string;
  readonly file: string;
  readonly machine: string;
}

/**
 * Which of several servers on one database this one is, by itself and for as long as it works on the same data folder: 12 hex digits
 * drawn once and kept in `instance.json`. A copy of the folder has another one. It says nothing about machine or path, so that it may
 * appear in the public log.
 */
export class Instance {
  private known: string | null = null;

  constructor(private readonly config: Pick<AppConfig, 'dataDir' | 'nodeName'>) {}

  /** Its id. Where the folder can be neither read nor written it holds for this process only. */
  get id(): string {
    return (this.known ??= instanceIn(this.config.dataDir));
  }

  /** How people know it: `stemma on web-2`. Not for the public log. */
  get label(): string {
    return `${this.config.nodeName} on ${hostname()}`;
  }

  /** The fingerprint of trouble that is this server's alone. */
  own(fingerprint: string): string {
    return `${fingerprint}@${this.id}`;
  }
}

/** Which server the trouble of a fingerprint is; null where it is of all that share the database. */
export function instanceOf(fingerprint: string): string | null {
  return SUFFIX.exec(fingerprint)?.[1] ?? null;
}

/** What the trouble of a fingerprint is called on every server. */
export function commonFingerprint(fingerprint: string): string {
  return fingerprint.replace(SUFFIX, '');
}

/** A file that is there but cannot be read now (no descriptors, a broken disk) is left alone: its id holds again later. */
function instanceIn(folder: string): string {
  const id = randomBytes(ID_BYTES).toString('hex');
  try {
    return readInstance(folder) ?? makeInstance(folder, id);
  } catch {
    return id;
  }
}

/** The id that was drawn for exactly this folder; null where there is none: a broken file and that of a copy count as none. */
function readInstance(folder: string): string | null {
  const path = join(folder, FILE);
  const text = textOf(path);
  const stored = text === null ? null : objectOf(text);
  if (stored === null) return null;
  const here = placeOf(folder, statSync(path, { bigint: true }).ino);
  const same = stored.folder === here.folder && stored.file === here.file;
  const id = typeof stored.id === 'string' && SUFFIX.test(`@${stored.id}`) ? stored.id : null;
  return same && stored.machine === here.machine ? id : null;
}

/** Null where there is no file; throws where it cannot be read. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>> | null;
  } catch {
    return null;
  }
}

function makeInstance(folder: string, id: string): string {
  const temporary = join(folder, `${FILE}.${randomUUID()}`);
  try {
    const descriptor = openSync(temporary, 'wx', 0o644);
    try {
      const place = placeOf(folder, fstatSync(descriptor, { bigint: true }).ino);
      writeFileSync(descriptor, JSON.stringify({ version: 1, id, ...place }));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, join(folder, FILE));
  } catch {
    // A full or read-only folder is told of by others; the server can still be told from other ones until it ends.
    removeIfThere(temporary);
  }
  return id;
}

function placeOf(folder: string, inode: bigint): Place {
  return { folder: realpathSync(folder), file: String(inode), machine: machineId() };
}

/** Empty where there is none, as in many containers. */
function machineId(): string {
  return textOf(MACHINE_ID)?.trim() ?? '';
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It lies in a folder that cannot be changed.
  }
}
