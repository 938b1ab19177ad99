import { readFile, stat } from 'node:fs/promises';
import { LOCAL_ADMIN } from '../../auth/index.js';
import { CodedError, messageOf, ok, unwrap, type Result } from '../../common/index.js';
import {
  ReceiptService,
  checkStatement,
  parseEvidence,
  parseLogProof,
  parseReceipt,
  replayReport,
  type ReplayReport,
} from '../../inference/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';
import { printReport } from './report-lines.js';

const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;
const LARGEST_FILE = 256 << 20;

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
  const receipts = host.application.get(ReceiptService);
  return receipts.verify(unwrap(await receipts.document(id, LOCAL_ADMIN)));
}

async function verifyFile(path: string): Promise<ReplayReport> {
  const value = await readJson(path);
  const document = 'receipt' in value ? value : { receipt: value };
  const receipt = unwrap(parseReceipt(document.receipt));
  const evidence = unwrap(given(document.evidence, parseEvidence));
  const log = unwrap(given(document.log, parseLogProof));
  return replayReport(receipt.id, checkStatement({ receipt, evidence, log }));
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const unreadable = (why: string) =>
    new CodedError('RECEIPT_UNREADABLE', `${path} cannot be read: ${why}`, { path });
  try {
    if ((await stat(path)).size > LARGEST_FILE) throw unreadable(`it has more than ${LARGEST_FILE} bytes`);
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (thrown) {
    throw thrown instanceof CodedError ? thrown : unreadable(messageOf(thrown));
  }
  throw unreadable('it holds no receipt');
}

function given<T>(value: unknown, parse: (value: unknown) => Result<T>): Result<T | null> {
  return value === null || value === undefined ? ok(null) : parse(value);
}
