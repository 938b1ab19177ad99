import type { ReceiptDocument } from '../../../src/inference/receipt/receipt.js';
import { Downloads } from './downloads.js';
import { Findings } from './findings.js';
import type { VerifyReport } from './protocol.js';
import { checkLog, checkReceipt, readDocument } from './receipt-check.js';
import { checkRelease, type VerifiedRelease } from './release-check.js';
import { checkReplay } from './replay-check.js';
import { checkNames, checkWeights, planCells, type VerifiedWeight } from './weight-check.js';

/**
 * Verifies one answer from public artefacts alone: receipt, evidence, log, kernel, release, blocks, then the replay.
 * Every check that can be made is made, so that one fault does not hide another; without kernel and blocks there is
 * no replay. Throws a `Problem` only when the server cannot be reached or does not know the receipt.
 */
export async function verifyAnswer(id: string, report: (report: VerifyReport) => void): Promise<void> {
  const started = performance.now();
  const downloads = new Downloads();
  const findings = new Findings(report);
  findings.step('receipt', 'running', 'downloading');
  const document = readDocument(await downloads.json(`/v1/receipts/${encodeURIComponent(id)}`), findings);
  const release = document === null ? null : await checkDocument(id, document, downloads, findings);
  const receipt = document?.receipt;
  report({
    type: 'verdict',
    verdict: {
      agrees: findings.all.length === 0,
      model: release?.model ?? null,
      version: release?.version ?? null,
      kernel: receipt?.kernel ?? null,
      tokens: receipt?.output.tokens ?? 0,
      findings: findings.all,
      durationMs: performance.now() - started,
      downloadedBytes: downloads.downloadedBytes,
      cachedBytes: downloads.cachedBytes,
    },
  });
}

async function checkDocument(
  id: string,
  document: ReceiptDocument,
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedRelease | null> {
  if (document.receipt.id !== id) findings.fail('receipt', 'id', 'the server answered with another receipt');
  checkReceipt(document, findings);
  checkLog(document, findings);
  const [kernel, release] = await Promise.all([
    checkKernel(document, downloads, findings),
    checkRelease(document.receipt.release, downloads, findings),
  ]);
  const weights = release === null ? null : await checkBlocks(document, release, downloads, findings);
  if (kernel === null || release === null || weights === null)
    findings.step('replay', 'open', 'not replayed: without the right kernel and blocks it would prove nothing');
  else await checkReplay(document, release, weights, kernel, findings);
  return release;
}

async function checkBlocks(
  { receipt }: ReceiptDocument,
  release: VerifiedRelease,
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedWeight[] | null> {
  const cells = planCells(receipt, release);
  const layers = 1 + Math.max(-1, ...cells.map((cell) => cell.layer ?? -1));
  findings.report({ type: 'plan', cells, layers, experts: expertsPerLayer(release) });
  checkNames(receipt, release, findings);
  return checkWeights(cells, downloads, findings);
}

function expertsPerLayer(release: VerifiedRelease): number {
  const numbers = [...release.weights.keys()].map((name) => Number(/\.expert(\d+)$/.exec(name)?.[1] ?? -1));
  return 1 + Math.max(-1, ...numbers);
}

async function checkKernel(
  { receipt }: ReceiptDocument,
  downloads: Downloads,
  findings: Findings,
): Promise<Uint8Array<ArrayBuffer> | null> {
  findings.step('kernel', 'running', 'downloading');
  const kernel = await downloads.content('/kernel/kernel.wasm', receipt.kernel);
  if (kernel.hash !== receipt.kernel) {
    const detail = `this server runs kernel ${kernel.hash.slice(0, 12)}…, the receipt names ${receipt.kernel.slice(0, 12)}…`;
    findings.fail('kernel', 'kernel', detail, 0);
    return null;
  }
  findings.step('kernel', 'passed', `SHA-256 ${receipt.kernel.slice(0, 12)}…`);
  return kernel.bytes;
}
