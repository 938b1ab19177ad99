import { LOCAL_ADMIN } from '../../auth/index.js';
import { ok, unwrap, type Result } from '../../common/index.js';
import {
  checkStatement,
  parseEvidence,
  parseLogProof,
  parseReceipt,
  replayReport,
  type ReplayReport,
} from '../../inference/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';
import { readJsonFile } from './json-file.js';
import { printReport } from './report-lines.js';

const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;

/** Checks a receipt, from a file or by its id; false when something disagrees. */
export async function verify(context: CommandContext, receipt: string): Promise<number> {
  const report = RECEIPT_ID.test(receipt)
    ? await context.withApplication((host) => verifyKnown(host, receipt))
    : await verifyFile(receipt);
  return printReport(context, report);
}

async function verifyKnown(host: CommandHost, id: string): Promise<ReplayReport> {
  if (host.kind === 'server') {
    const document = await host.server.json<object>('GET', `/v1/receipts/${id}`);
    return host.server.json('POST', '/v1/receipts/verify', document);
  }
  const { ReceiptService } = await import('../own-services.js');
  const receipts = host.application.get(ReceiptService);
  return receipts.verify(unwrap(await receipts.document(id, LOCAL_ADMIN)));
}

async function verifyFile(path: string): Promise<ReplayReport> {
  const value = await readJsonFile(path);
  const document = 'receipt' in value ? value : { receipt: value };
  const receipt = unwrap(parseReceipt(document.receipt));
  const evidence = unwrap(given(document.evidence, parseEvidence));
  const log = unwrap(given(document.log, parseLogProof));
  return replayReport(receipt.id, checkStatement({ receipt, evidence, log }));
}

function given<T>(value: unknown, parse: (value: unknown) => Result<T>): Result<T | null> {
  return value === null || value === undefined ? ok(null) : parse(value);
}
