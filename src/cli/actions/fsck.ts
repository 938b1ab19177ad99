import type { FsckReport } from '../../chain/index.js';
import { CodedError, type Json } from '../../common/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { LazyBar, streamedReport, type Advance } from './streamed-report.js';

/** Checks and, when asked, repairs; false when something is not clean. */
export async function fsck(
  context: CommandContext,
  { repair = false }: { repair?: boolean },
): Promise<number> {
  const bar = new LazyBar(context, 'checking');
  const advance: Advance = (done, total, step) => bar.update(done, total, step);
  const report = await context.withApplication(async (host) => {
    if (host.kind === 'server') {
      const ended = new CodedError('FSCK_INTERRUPTED', 'The server ended before the check did.');
      return streamedReport<FsckReport>(host.server, '/chain/fsck', { repair }, advance, ended);
    }
    const { Fsck } = await import('../own-services.js');
    return host.application.get(Fsck, { strict: false }).run({ repair, exclusive: true }, advance);
  });
  bar.stop();
  context.print(report as unknown as Json, describeFsck(report));
  return report.clean ? EXIT.done : EXIT.false;
}

/** What a check found, for people. */
export function describeFsck(report: FsckReport): string {
  const lines = report.repairs.map((what) => `repaired: ${what}`);
  for (const { severity, code, detail } of report.findings) lines.push(`${severity}: ${detail} [${code}]`);
  const counted = `${report.blocks} blocks, ${report.log_size} log entries`;
  lines.push(
    report.clean
      ? `clean: ${counted}, ${report.warnings} warnings`
      : `NOT CLEAN: ${counted}, ${report.errors} errors, ${report.warnings} warnings`,
  );
  return lines.join('\n');
}
