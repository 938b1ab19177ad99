import { sha256Bytes } from '../../../src/common/hash.js';
import type { Json } from '../../../src/common/canonical-json.js';
import { checkModelConfig, type ModelConfig } from '../../../src/inference/kernel/config.js';
import { stopTokenIds } from '../../../src/inference/models/sampling-defaults.js';
import { compareReplay, type PartReport } from '../../../src/inference/receipt/compare-replay.js';
import type { Receipt, ReceiptEvidence } from '../../../src/inference/receipt/receipt.js';
import { answerText } from '../../../src/inference/tokenizer/answer-text.js';
import { TextTokenizer } from '../../../src/inference/tokenizer/text-tokenizer.js';
import { parseTokenizerSource } from '../../../src/inference/tokenizer/tokenizer-source.js';
import { count } from '../components/format.js';
import type { Findings } from './findings.js';
import type { VerifiedRelease } from './release-check.js';
import { replay } from './replayer.js';
import type { VerifiedWeight } from './weight-check.js';

/** What is replayed, and on what. */
export interface ReplaySubject {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
  readonly release: VerifiedRelease;
  readonly weights: readonly VerifiedWeight[];
  readonly kernel: Uint8Array<ArrayBuffer>;
}

/** Computes the answer again and compares picks, commitments, experts and text with the receipt. */
export async function checkReplay(subject: ReplaySubject, findings: Findings): Promise<void> {
  const { receipt, evidence, release } = subject;
  const total = evidence.output_ids.length;
  if (total === 0)
    return findings.step('replay', 'passed', 'the answer has no tokens: there is nothing to replay');
  const words = readTokenizer(release.tokenizer as Json);
  if (words === null) return findings.fail('replay', 'tokenizer', 'the tokenizer block cannot be used');
  findings.report({
    type: 'pieces',
    pieces: evidence.output_ids.map((id) => words.tokenizer.describe([id])),
  });
  findings.report({ type: 'tokens', agreed: 0, total });
  findings.step('replay', 'running', 'starting the kernel');
  const replayed = await compute(subject, findings);
  if (!replayed.ok)
    return findings.fail('replay', String(replayed.error.facts.name ?? 'replay'), replayed.error.message, 0);
  const text = answerText(words.tokenizer.detokenizer(), evidence.output_ids, evidence.stop);
  const observed = { ...replayed.value, text, stopIds: words.stopIds };
  conclude(compareReplay(receipt, evidence, observed, sha256Bytes), total, findings);
}

function compute({ receipt, evidence, release, weights, kernel }: ReplaySubject, findings: Findings) {
  const config = release.meta as ModelConfig;
  const usable = checkModelConfig(config);
  if (!usable.ok) return Promise.resolve(usable);
  const { parameters, seed } = receipt.request;
  const request = {
    release: receipt.release,
    promptIds: evidence.prompt_ids,
    outputIds: evidence.output_ids,
    sampling: {
      temperature: parameters.temperature,
      topP: parameters.top_p,
      topK: parameters.top_k,
      minP: parameters.min_p,
      repetitionPenalty: parameters.repetition_penalty,
      presencePenalty: parameters.presence_penalty,
      frequencyPenalty: parameters.frequency_penalty,
      seed,
    },
  };
  const machine = {
    kernel,
    kernelHash: receipt.kernel,
    config,
    weights,
    names: release.weights,
  };
  return replay(machine, request, (done, all) =>
    findings.step('replay', 'running', `${done} of ${all} positions computed`),
  );
}

function conclude(parts: readonly PartReport[], total: number, findings: Findings): void {
  const wrong = parts.filter((part) => !part.agrees);
  const places = wrong.map(({ token }) => token).filter((token) => token !== null);
  findings.report({ type: 'tokens', agreed: Math.min(total, ...places), total });
  for (const { part, detail, token } of wrong) findings.fail('replay', part, detail, token);
  if (wrong.length === 0)
    findings.step('replay', 'passed', `${count(total, 'token')} computed again, all commitments agree`);
}

function readTokenizer(payload: Json): { tokenizer: TextTokenizer; stopIds: readonly number[] } | null {
  const source = parseTokenizerSource(payload);
  if (!source.ok) return null;
  const tokenizer = TextTokenizer.create(source.value);
  if (!tokenizer.ok) return null;
  return {
    tokenizer: tokenizer.value,
    stopIds: stopTokenIds(source.value, (token) => tokenizer.value.idOf(token)),
  };
}
