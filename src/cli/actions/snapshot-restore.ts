import { join } from 'node:path';
import type { FsckReport } from '../../chain/index.js';
import { unwrap, type Json } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { checkSchemaAsOf } from '../../database/index.js';
import { NodeKeys } from '../../keys/index.js';
import {
  checkSnapshot,
  prepareTarget,
  restoreSnapshot,
  type CheckedSnapshot,
  type RestoredSnapshot,
} from '../../snapshots/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { openGround } from '../ground.js';
import { describeFsck } from './fsck.js';
import { LazyBar, type Advance } from './streamed-report.js';

/** Checks a snapshot, fills the data folder and the database from it, and checks the result; false when that is not clean. */
export async function restore(
  context: CommandContext,
  folder: string,
  { force = false, key = null }: { readonly force?: boolean; readonly key?: string | null },
): Promise<number> {
  const config = await context.config();
  const bar = new LazyBar(context, 'snapshot');
  const advance: Advance = (done, total, step) => bar.update(done, total, step);
  try {
    const snapshot = unwrap(await checkSnapshot(folder, key, advance));
    bar.stop();
    const restored = await fill(config, snapshot, force, advance);
    bar.stop();
    const report = restored.missing_keys.length > 0 ? null : await checkResult(config, advance);
    bar.stop();
    context.print({ ...restored, fsck: report } as unknown as Json, describe(config, restored, report));
    return report === null || report.clean ? EXIT.done : EXIT.false;
  } finally {
    bar.stop();
  }
}

async function fill(
  config: AppConfig,
  snapshot: CheckedSnapshot,
  force: boolean,
  advance: Advance,
): Promise<RestoredSnapshot> {
  const ground = unwrap(
    await openGround(config, 'command', {
      restoring: true,
      beforeDatabase: async () => {
        const fits = await checkSchemaAsOf(config, config.databaseUrl, snapshot.manifest.migrations);
        return fits.ok ? prepareTarget(config, snapshot, force, () => NodeKeys.load(config)) : fits;
      },
    }),
  );
  try {
    return unwrap(await restoreSnapshot(config, ground.database.url, snapshot, advance));
  } finally {
    await ground.release();
  }
}

async function checkResult(config: AppConfig, advance: Advance): Promise<FsckReport> {
  const [{ withOwnApplication }, { Fsck }] = await Promise.all([
    import('../own-application.js'),
    import('../own-services.js'),
  ]);
  return withOwnApplication(config, (application) =>
    application.get(Fsck, { strict: false }).run({ repair: false, exclusive: true }, advance),
  );
}

function describe(
  { dataDir }: AppConfig,
  { id, rows, files, migrated, missing_keys, other_settings }: RestoredSnapshot,
  report: FsckReport | null,
): string {
  const lines = [`restored ${id} into ${dataDir}: ${files} files, ${rows} rows`];
  if (migrated.length > 0) lines.push(`migrations that ran: ${migrated.join(', ')}`);
  if (other_settings.length > 0) {
    const where = join(dataDir, 'settings-of-snapshot');
    lines.push(`settings that differ from those in force here (see ${where}): ${other_settings.join(', ')}`);
  }
  if (report !== null) return [...lines, describeFsck(report)].join('\n');
  return [
    ...lines,
    `NOT CHECKED: the snapshot has no keys, and these are missing: ${missing_keys.join(', ')}.`,
    `Put them into ${dataDir} from your own copy, then run: stemma fsck`,
  ].join('\n');
}
