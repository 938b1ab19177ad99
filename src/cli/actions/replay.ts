import { unwrap } from '../../common/index.js';
import { kernelEngineFactory, replayBundle, type ReplayReport } from '../../inference/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import type { CommandHost } from '../with-application.js';
import { printReport } from './report-lines.js';

const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;

/** Computes an answer again, from a bundle or by the id of a receipt; false when something disagrees. */
export async function replay(context: CommandContext, bundle: string): Promise<number> {
  const report = RECEIPT_ID.test(bundle)
    ? await context.withApplication((host) => replayReceipt(host, bundle))
    : await replayFile(context, bundle);
  return printReport(context, report);
}

async function replayFile(context: CommandContext, path: string): Promise<ReplayReport> {
  const config = await context.config();
  let shown: { step: string; progress: Progress } | null = null;
  const onProgress = (step: string, done: number, total: number) => {
    if (shown?.step !== step) {
      shown?.progress.stop();
      shown = { step, progress: context.progress(step, total) };
    }
    shown.progress.update(done);
  };
  try {
    return unwrap(await replayBundle(path, (kernel) => kernelEngineFactory(config, kernel)(), onProgress));
  } finally {
    (shown as { progress: Progress } | null)?.progress.stop();
  }
}

async function replayReceipt(host: CommandHost, id: string): Promise<ReplayReport> {
  if (host.kind === 'server') return host.server.json('POST', `/v1/receipts/${id}/replay`);
  const { ReceiptService } = await import('../own-services.js');
  return unwrap(await host.application.get(ReceiptService).replay(id, AbortSignal.any([])));
}
