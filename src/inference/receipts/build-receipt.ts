import { bytesToHex } from '../../common/index.js';
import {
  laneMembers,
  RECEIPT_VERSION,
  receiptId,
  receiptMessage,
  requestHash,
  textHash,
  tokensHash,
  type FinishReason,
  type Receipt,
  type ReceiptBody,
  type ReceiptEvidence,
  type ReceiptExpert,
  type ReceiptParameters,
} from '../receipt/index.js';
import type { EngineExpertUse, EngineLane, EngineModel, EngineSampling } from '../engine/engine-port.js';

/** An Ed25519 signer: the node's receipt key. */
export interface ReceiptSigner {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** What a finished answer is stated from. */
export interface ReceiptFacts {
  readonly model: EngineModel;
  readonly kernel: string;
  /** What computed in the kernel's place; null: the kernel did. */
  readonly lane: EngineLane | null;
  readonly evidence: ReceiptEvidence;
  readonly maxTokens: number;
  readonly sampling: EngineSampling;
  readonly experts: readonly EngineExpertUse[];
  readonly commitments: readonly string[];
  readonly finish: FinishReason;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** Makes the signed receipt of an answer. */
export function buildReceipt(facts: ReceiptFacts, signer: ReceiptSigner): Receipt {
  const { evidence } = facts;
  const body: ReceiptBody = {
    version: RECEIPT_VERSION,
    release: facts.model.release,
    kernel: facts.kernel,
    ...laneMembers(facts.lane),
    request: {
      salted_hash: requestHash(evidence),
      parameters: receiptParameters(facts.maxTokens, facts.sampling),
      seed: facts.sampling.seed,
    },
    experts: receiptExperts(facts.model, facts.experts),
    output: {
      tokens: evidence.output_ids.length,
      tokens_hash: tokensHash(evidence),
      text_hash: textHash(evidence),
      finish: facts.finish,
    },
    commitments: facts.commitments,
    started_at: facts.startedAt,
    finished_at: facts.finishedAt,
    node: bytesToHex(signer.publicKey),
  };
  const unsigned = { ...body, id: receiptId(body) };
  return { ...unsigned, signature: bytesToHex(signer.sign(receiptMessage(unsigned))) };
}

/** The public form of sampling parameters; the seed stands beside them. */
export function receiptParameters(maxTokens: number, sampling: EngineSampling): ReceiptParameters {
  return {
    max_tokens: maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    min_p: sampling.minP,
    repetition_penalty: sampling.repetitionPenalty,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
  };
}

/** Experts by block name, in the order of layers and numbers. */
export function receiptExperts(model: EngineModel, uses: readonly EngineExpertUse[]): ReceiptExpert[] {
  const blocks = new Map(model.blocks.map(({ name, block }) => [name, block]));
  return [...uses]
    .sort((a, b) => a.layer - b.layer || a.expert - b.expert)
    .map(({ layer, expert, tokens }) => {
      const name = `layer${layer}.expert${expert}`;
      const block = blocks.get(name);
      if (block === undefined) throw new Error(`the release names no block for ${name}`);
      return { name, block, tokens };
    });
}
