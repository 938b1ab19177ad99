import { CodedError, unwrap, type Json } from '../../common/index.js';
import type { SnapshotSummary } from '../../snapshots/index.js';
import type { CommandContext } from '../command-context.js';
import { LazyBar, streamedReport, type Advance } from './streamed-report.js';

/** Makes a snapshot, by the running server or without one. */
export async function createSnapshot(
  context: CommandContext,
  { withKeys = false, keep }: { readonly withKeys?: boolean; readonly keep?: number },
): Promise<void> {
  const bar = new LazyBar(context, 'snapshot');
  const advance: Advance = (done, total, step) => bar.update(done, total, step);
  const made = await context
    .withApplication(async (host) => {
      if (host.kind === 'server') {
        const body = { with_keys: withKeys, ...(keep === undefined ? {} : { keep }) };
        const ended = new CodedError('SNAPSHOT_INTERRUPTED', 'The server ended before the snapshot did.');
        return streamedReport<SnapshotSummary>(host.server, '/api/snapshots', body, advance, ended);
      }
      const { Snapshots } = await import('../own-services.js');
      return unwrap(await host.application.get(Snapshots).create({ withKeys, keep }, advance));
    })
    .finally(() => bar.stop());
  context.print(made as unknown as Json, describe(made));
}

function describe(made: SnapshotSummary): string {
  const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  const keys = made.with_keys
    ? 'It holds the private keys of the node: keep it as safe as those.'
    : 'It does not hold the keys of the node; keep a copy of keys/ elsewhere.';
  return [
    made.folder,
    `${made.files} files, ${mebibytes(made.bytes)} MiB (${mebibytes(made.shared_bytes)} shared with the one before), ` +
      `${made.rows} rows, ${made.log_size} log entries`,
    keys,
    ...(made.removed.length > 0 ? [`removed: ${made.removed.join(', ')}`] : []),
  ].join('\n');
}
