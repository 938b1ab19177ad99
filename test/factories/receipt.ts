import { ed25519 } from '@noble/curves/ed25519.js';
import { buildReceipt, type ReceiptFacts } from '../../src/inference/receipts/build-receipt.js';
import { publishCommitments } from '../../src/inference/commitment/index.js';
import { bytesToHex, hexToBytes, sha256Bytes } from '../../src/common/index.js';
import type { Receipt, ReceiptEvidence } from '../../src/inference/receipt/index.js';
import { genesisModel } from './served-model.js';

const key = new Uint8Array(32).fill(3);

/** A signer with a fixed key. */
export const receiptSigner = {
  publicKey: ed25519.getPublicKey(key),
  sign: (message: Uint8Array) => ed25519.sign(message, key),
};

/** One chain value per token, each its own. */
export function statesOf(tokens: number): Uint8Array[] {
  return Array.from({ length: tokens }, (_, i) => new Uint8Array(32).fill((i % 255) + 1));
}

/** A receipt of an answer of so many tokens with everything it was made from. */
export function aReceipt(
  tokens = 40,
  changes: Partial<ReceiptFacts> = {},
): { receipt: Receipt; evidence: ReceiptEvidence; states: Uint8Array[] } {
  const states = statesOf(tokens);
  const evidence = {
    salt: '0f'.repeat(32),
    prompt_ids: [1, 5, 9, 2],
    output_ids: Array.from({ length: tokens }, (_, i) => 100 + i),
    stop: [],
    text: 'What was answered.',
    prompt_text: '<|user|>…<|assistant|>',
  };
  const commitments = publishCommitments(states, hexToBytes(evidence.salt), sha256Bytes).map(bytesToHex);
  const sampling = {
    temperature: 0,
    topP: 1,
    topK: 0,
    minP: 0,
    repetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    seed: 5,
  };
  const facts: ReceiptFacts = {
    model: genesisModel().engine,
    kernel: 'ab'.repeat(32),
    lane: null,
    evidence,
    maxTokens: tokens,
    sampling,
    experts: [{ layer: 0, expert: 1, tokens: 7 }],
    commitments,
    finish: 'length',
    startedAt: 1_000,
    finishedAt: 2_000,
    ...changes,
  };
  return { receipt: buildReceipt(facts, receiptSigner), evidence: facts.evidence, states };
}
