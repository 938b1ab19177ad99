import { Injectable } from '@nestjs/common';
import { bytesToHex, hexToBytes } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { NodeKeys } from '../../keys/index.js';
import type { AnswerFee } from '../answers/answer-fees.js';
import type { PreparedAnswer } from '../answers/answer-request.js';
import { publishCommitments } from '../commitment/index.js';
import type { EngineExpertUse, EngineLane } from '../engine/engine-port.js';
import type { FinishReason, Receipt } from '../receipt/index.js';
import { buildReceipt } from './build-receipt.js';
import { ReceiptWriter } from './receipt-writer.js';

/** What was generated: ids, their chain values, and the text that was given out. */
export interface GeneratedAnswer {
  readonly ids: readonly number[];
  readonly states: readonly Uint8Array[];
  readonly text: string;
}

/** How it was generated. */
export interface GenerationFacts {
  /** SHA-256 of the kernel file. */
  readonly kernel: string;
  /** What computed in the kernel's place; null: the kernel did. */
  readonly lane: EngineLane | null;
  readonly experts: readonly EngineExpertUse[];
  readonly finish: FinishReason;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** States what produced an answer: signs the receipt and makes it durable. */
@Injectable()
export class ReceiptIssuer {
  constructor(
    private readonly keys: NodeKeys,
    private readonly writer: ReceiptWriter,
  ) {}

  /** Resolves when the receipt and its log entry are stored, and its fee is taken; null for an answer without a single token: it costs nothing. */
  async issue(
    prepared: PreparedAnswer,
    answer: GeneratedAnswer,
    facts: GenerationFacts,
    fee?: AnswerFee,
  ): Promise<Receipt | null> {
    if (answer.ids.length === 0) return null;
    const { model, promptIds, salt, stop, maxTokens, sampling } = prepared;
    const evidence = {
      salt,
      prompt_ids: promptIds,
      output_ids: answer.ids,
      stop,
      ...(sampling.logitBias === undefined ? {} : { logit_bias: sampling.logitBias }),
      ...(sampling.constraint === undefined ? {} : { constraint: sampling.constraint }),
      text: answer.text,
      prompt_text: model.tokenizer?.describe(promptIds) ?? '',
    };
    const commitments = publishCommitments(answer.states, hexToBytes(salt), nativeSha256).map(bytesToHex);
    const receipt = buildReceipt(
      { ...facts, model: model.engine, evidence, maxTokens, sampling, commitments },
      this.keys.receiptSigner,
    );
    const { owner } = prepared;
    await this.writer.write({ receipt, evidence, owner, model: model.name, version: model.version }, fee);
    return receipt;
  }
}
