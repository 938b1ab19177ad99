import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { FsckReport } from '../../chain/index.js';
import { CodedError, type Json } from '../../common/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import { problemIn, type ServerClient } from '../server-client.js';

type Advance = (done: number, total: number, step: string) => void;

interface Line {
  readonly progress?: { readonly done: number; readonly total: number; readonly step: string };
  readonly report?: FsckReport;
  readonly error?: { readonly code: string; readonly detail: string };
}

/** Checks and, when asked, repairs; false when something is not clean. */
export async function fsck(
  context: CommandContext,
  { repair = false }: { repair?: boolean },
): Promise<number> {
  const bar = new LazyBar(context);
  const advance: Advance = (done, total, step) => bar.update(done, total, step);
  const report = await context.withApplication(async (host) => {
    if (host.kind === 'server') return throughServer(host.server, repair, advance);
    const { Fsck } = await import('../own-services.js');
    return host.application.get(Fsck, { strict: false }).run({ repair, exclusive: true }, advance);
  });
  bar.stop();
  context.print(report as unknown as Json, describe(report));
  return report.clean ? EXIT.done : EXIT.false;
}

/** The bar, once the amount of work is known. */
class LazyBar {
  private bar: Progress | null = null;

  constructor(private readonly context: CommandContext) {}

  update(done: number, total: number, step: string): void {
    this.bar ??= this.context.progress('checking', total);
    this.bar.update(done, step);
  }

  stop(): void {
    this.bar?.stop();
  }
}

async function throughServer(server: ServerClient, repair: boolean, advance: Advance): Promise<FsckReport> {
  const response = await server.fetch('/chain/fsck', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ repair }),
  });
  if (!response.ok || response.body === null) throw await problemIn(response);
  for await (const text of createInterface({ input: Readable.fromWeb(response.body as never) })) {
    const { progress, report, error } = JSON.parse(text) as Line;
    if (progress !== undefined) advance(progress.done, progress.total, progress.step);
    if (report !== undefined) return report;
    if (error !== undefined) throw new CodedError(error.code, error.detail);
  }
  throw new CodedError('FSCK_INTERRUPTED', 'The server ended before the check did.');
}

function describe(report: FsckReport): string {
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
