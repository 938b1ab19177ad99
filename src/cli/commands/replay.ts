import type { Command } from 'commander';
import { unwrap } from '../../common/index.js';
import {
  ReceiptService,
  kernelEngineFactory,
  replayBundle,
  type ReplayReport,
} from '../../inference/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import type { CommandHost } from '../with-application.js';
import { printReport } from './report-lines.js';

const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;

/** `stemma replay`: computes an answer again, from a bundle (no server, no database) or by the id of a receipt. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('replay')
    .argument('<bundle>', 'a bundle (.zip), or the id of a receipt of this server')
    .description('compute an answer again from its blocks and say whether everything agrees')
    .action(
      context.action(async (bundle: string) => {
        const report = RECEIPT_ID.test(bundle)
          ? await context.withApplication((host) => replayReceipt(host, bundle))
          : await replayFile(context, bundle);
        return printReport(context, report);
      }),
    );
}

async function replayFile(context: CommandContext, path: string): Promise<ReplayReport> {
  let shown: { step: string; progress: Progress } | null = null;
  const onProgress = (step: string, done: number, total: number) => {
    if (shown?.step !== step) {
      shown?.progress.stop();
      shown = { step, progress: context.progress(step, total) };
    }
    shown.progress.update(done);
  };
  try {
    return unwrap(
      await replayBundle(path, (kernel) => kernelEngineFactory(context.config, kernel)(), onProgress),
    );
  } finally {
    (shown as { progress: Progress } | null)?.progress.stop();
  }
}

async function replayReceipt(host: CommandHost, id: string): Promise<ReplayReport> {
  if (host.kind === 'server') return host.server.json('POST', `/v1/receipts/${id}/replay`);
  return unwrap(await host.application.get(ReceiptService).replay(id));
}
