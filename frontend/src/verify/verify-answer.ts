import { laneOfReceipt } from '../../../src/inference/receipt/exactness.js';
import type { Receipt } from '../../../src/inference/receipt/receipt.js';
import { Downloads } from './downloads.js';
import { Findings } from './findings.js';
import type { Verdict, VerifyReport, VerifyRequest } from './protocol.js';
import { checkReceipt, readReceipt, type GivenReceipt } from './receipt-check.js';
import { checkRelease, type VerifiedRelease } from './release-check.js';
import { checkReplay } from './replay-check.js';
import { checkNames, checkWeights, planCells, type VerifiedWeight } from './weight-check.js';

/**
 * Verifies one answer from public artefacts alone: receipt, evidence, log, kernel, release, blocks, then the replay.
 * Every check that can be made is made, so that one fault does not hide another; without kernel, blocks and prompt
 * there is no replay. Throws a `Problem` only when the server cannot be reached or does not know the receipt.
 */
export async function verifyAnswer(
  request: VerifyRequest,
  report: (report: VerifyReport) => void,
): Promise<void> {
  const started = performance.now();
  const downloads = new Downloads(request.token);
  const findings = new Findings(report);
  const given = await readReceipt(request.receipt, downloads, findings);
  const release = given === null ? null : await checkGiven(given, downloads, findings);
  report({
    type: 'verdict',
    verdict: {
      outcome: outcomeOf(findings),
      model: release?.model ?? null,
      version: release?.version ?? null,
      kernel: given?.receipt.kernel ?? null,
      lane: given === null ? null : laneOfReceipt(given.receipt),
      tokens: given?.receipt.output.tokens ?? 0,
      findings: findings.all,
      durationMs: performance.now() - started,
      downloadedBytes: downloads.downloadedBytes,
      cachedBytes: downloads.cachedBytes,
    },
  });
}

function outcomeOf(findings: Findings): Verdict['outcome'] {
  if (findings.all.length > 0) return 'differs';
  return findings.passed('replay') ? 'agrees' : 'partial';
}

async function checkGiven(
  given: GivenReceipt,
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedRelease | null> {
  const { receipt, evidence } = given;
  checkReceipt(given, findings);
  const [kernel, release] = await Promise.all([
    checkKernel(receipt, downloads, findings),
    checkRelease(receipt.release, downloads, findings),
  ]);
  const weights = release === null ? null : await checkBlocks(receipt, release, downloads, findings);
  const lane = laneOfReceipt(receipt);
  if (lane !== null) findings.step('replay', 'open', lane);
  else if (kernel === null || release === null || weights === null)
    findings.step(
      'replay',
      'open',
      'not replayed: without the right kernel and blocks it would prove nothing',
    );
  else if (evidence === null)
    findings.step('replay', 'open', 'not replayed: the prompt is not shown to this reader');
  else await checkReplay({ receipt, evidence, release, weights, kernel }, findings);
  return release;
}

async function checkBlocks(
  receipt: Receipt,
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

/** The kernel under its own hash, where the server still has it; otherwise the one that it runs now, to be named. */
async function checkKernel(
  receipt: Receipt,
  downloads: Downloads,
  findings: Findings,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (receipt.exact === false) {
    findings.step('kernel', 'open', 'the kernel did not compute this answer');
    return null;
  }
  findings.step('kernel', 'running', 'downloading');
  const kernel = await downloads
    .content(`/kernel/${receipt.kernel}.wasm`, receipt.kernel)
    .catch(() => downloads.content('/kernel/kernel.wasm', receipt.kernel));
  if (kernel.hash === receipt.kernel) {
    findings.step('kernel', 'passed', `SHA-256 ${receipt.kernel.slice(0, 12)}…`);
    return kernel.bytes;
  }
  const names = `the receipt names ${receipt.kernel.slice(0, 12)}…, this server has ${kernel.hash.slice(0, 12)}…`;
  findings.fail('kernel', 'kernel', names);
  return null;
}
