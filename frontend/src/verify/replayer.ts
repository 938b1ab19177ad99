import { sha256Bytes } from '../../../src/common/hash.js';
import type { EngineModel } from '../../../src/inference/kernel/block-source.js';
import type { ModelConfig } from '../../../src/inference/kernel/config.js';
import { createBrowserReplayer } from '../../../src/inference/kernel/replayer.js';
import type { Vocabulary } from '../../../src/inference/constraints/vocabulary.js';
import type { Receipt, ReceiptEvidence } from '../../../src/inference/receipt/receipt.js';
import { statedSampling } from '../../../src/inference/receipt/stated-sampling.js';
import { isRecord } from '../api/problem.js';
import { sha256Native } from './downloads.js';
import type { VerifiedRelease } from './release-check.js';
import type { VerifiedWeight } from './weight-check.js';

/** What is replayed, and on what: verified blocks only, and the kernel file that agrees with the receipt. */
export interface ReplaySubject {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
  readonly release: VerifiedRelease;
  readonly weights: readonly VerifiedWeight[];
  readonly kernel: Uint8Array<ArrayBuffer>;
}

/** The kernel's replayer, set up for one answer; refuses as `createBrowserReplayer`. `vocabulary` serves constraints. */
export function replayerFor(
  { receipt, evidence, release, weights, kernel }: ReplaySubject,
  vocabulary: Vocabulary | undefined,
) {
  return createBrowserReplayer({
    kernel,
    kernelHash: receipt.kernel,
    release: receipt.release,
    config: release.meta as ModelConfig,
    blocks: weightBlocks(release, weights),
    payloads: new Map(weights.map(({ name, payload }) => [name, payload])),
    promptIds: evidence.prompt_ids,
    outputIds: evidence.output_ids,
    sampling: statedSampling(receipt.request, evidence),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    digest: sha256Native,
    sha256: sha256Bytes,
  });
}

/** Every weight the release names. Experts the receipt does not name have no payload; needing one is a difference. */
function weightBlocks(release: VerifiedRelease, weights: readonly VerifiedWeight[]): EngineModel['blocks'] {
  const given = new Map(weights.map((weight) => [weight.name, weight]));
  return [...release.weights].map(([name, block]) => {
    const header = given.get(name)?.header;
    if (header === undefined)
      return { name, block, payloadHash: block, payloadSize: 0, path: '', tensors: [] };
    const { payload_hash: payloadHash, payload_size: payloadSize, metadata } = header;
    return { name, block, payloadHash, payloadSize, path: '', tensors: tensorEntries(metadata.tensors) };
  });
}

function tensorEntries(value: unknown): EngineModel['blocks'][number]['tensors'] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map(({ name, offset, length }) => ({
    name: String(name),
    offset: Number(offset),
    length: Number(length),
  }));
}
