import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Injectable } from '@nestjs/common';
import { systemCodeOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Snapshots } from '../../snapshots/index.js';
import { nothingTouched, type Remedy } from './remedy.js';

/** Folders of the data folder in which only unfinished writes lie. What a running write holds is younger than this, ms. */
const TEMPORARY_FOLDERS = [
  'blobs/payloads/incoming',
  'blobs/headers/incoming',
  'blobs/leaves/incoming',
  'blobs/deltas/incoming',
  'blobs/kept-whole/incoming',
  'blobs/datasets/incoming',
  'log/incoming',
  'tmp',
];
const OLD_MS = 600_000;
const MEBIBYTE = 2 ** 20;

/** What can be done about memory and disk. */
@Injectable()
export class MachineRemedies {
  readonly all: readonly Remedy[];

  constructor(config: AppConfig, snapshots: Snapshots) {
    this.all = [
      {
        name: 'run_gc',
        expectedEffect: 'memory that nothing refers to any more is given back',
        blastRadius: 'the process stands still for about a tenth of a second',
        blastShare: nothingTouched,
        undo: 'nothing to undo',
        act: collectGarbage,
      },
      {
        name: 'prune_files',
        expectedEffect: 'the leftovers of writes that never finished are gone',
        blastRadius:
          'temporary files older than ten minutes and snapshots that were cut short; nothing that anything refers to',
        blastShare: nothingTouched,
        undo: 'nothing to undo: nothing reads these files',
        act: async () => {
          const files = await pruneFiles(config.dataDir);
          const unfinished = await snapshots.dropUnfinished();
          return unfinished === null
            ? `${files} were removed; unfinished snapshots could not be looked at`
            : `${files} and ${unfinished} unfinished snapshots were removed`;
        },
      },
    ];
  }
}

async function collectGarbage(): Promise<string> {
  const before = process.memoryUsage.rss();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const freed = (before - process.memoryUsage.rss()) / MEBIBYTE;
  return `the collector gave back ${Math.max(0, Math.round(freed))} MiB`;
}

async function pruneFiles(dataDir: string): Promise<string> {
  let bytes = 0;
  let files = 0;
  for (const folder of TEMPORARY_FOLDERS.map((name) => join(dataDir, name))) {
    for (const path of await filesIn(folder)) {
      const found = await stat(path).catch(() => null);
      if (found === null || Date.now() - found.mtimeMs < OLD_MS) continue;
      await rm(path, { force: true, recursive: true });
      bytes += found.size;
      files += 1;
    }
  }
  return `${files} leftovers with ${Math.round(bytes / MEBIBYTE)} MiB`;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name));
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
