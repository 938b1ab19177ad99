import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlockAuthor, BlockReader, hashHeader, type BlockInput } from '../../chain/index.js';
import { bytesToHex, type Json, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { NodeKeys } from '../../keys/index.js';
import { manifestHash, type ManifestFacts } from '../submission/manifest-facts.js';
import {
  statementBytes,
  statementHash,
  submissionId,
  type SubmissionStatement,
} from '../submission/statement.js';
import { SubmissionDesk } from '../submission/submission-desk.js';
import type { RoundResult } from './aggregate-round.js';
import type { RoundBase } from './round-base.js';
import type { RoundOutcome, RoundRow } from './round-row.js';

/** What changes with the submission, in its transaction. @returns false: it was handed in already, or the round was cancelled */
export type WithSubmission = (manager: EntityManager, submission: string, hash: string) => Promise<boolean>;

/** Hands in what rounds have led to, in the name of this node: judged as anybody else's. */
@Injectable()
export class RoundSubmissions {
  constructor(
    private readonly author: BlockAuthor,
    private readonly reader: BlockReader,
    private readonly keys: NodeKeys,
    private readonly desk: SubmissionDesk,
  ) {}

  /** Makes the blocks and the statement of a round, the same ones every time, and hands them in. Refusals as `SubmissionDesk.submitOwn`. */
  async submit(
    row: RoundRow,
    outcome: RoundOutcome,
    { result, base }: { readonly result: RoundResult; readonly base: RoundBase },
    also: WithSubmission,
  ): Promise<Result<boolean>> {
    const { terms } = row;
    const inputs = await this.blocksOf(row, outcome, result, base);
    const manifest = roundManifest(row, outcome, result, base);
    const statement: SubmissionStatement = {
      ...{ version: 1, model: terms.model, release: terms.release },
      blocks: inputs.map(({ header }) => hashHeader(header, nativeSha256)).sort(),
      ...{ manifest: manifestHash(manifest), domains: [], datasets: terms.datasets },
      ...{ author: this.author.publicKey, created_at: outcome.at },
    };
    const signature = bytesToHex(this.keys.blockSigner.sign(statementBytes(statement)));
    const isPrivate = terms.privacy !== undefined;
    const own = { statement, signature, manifest, facts: factsOf(row, outcome), inputs, isPrivate };
    return this.desk.submitOwn(row.id, own, (manager) =>
      also(manager, submissionId(statement), statementHash(statement)),
    );
  }

  private async blocksOf(
    { terms }: RoundRow,
    { at }: RoundOutcome,
    { blocks }: RoundResult,
    { model }: RoundBase,
  ): Promise<BlockInput[]> {
    const inputs: BlockInput[] = [];
    for (const { name, payload, tensors } of blocks) {
      const parent = model.blocks.get(name)?.hash ?? '';
      const before = await this.reader.header(parent);
      if (before === null) throw new Error(`block ${parent} went away`);
      const { metadata, layer_id: layer, timestamp } = before.header;
      const { dtype, license } = metadata;
      const header = await this.author.create({
        ...{ chain: 'B', type: 'expert', name, layer, payload, payloadType: 'tensorblock' },
        dependsOn: [model.meta, parent, ...terms.datasets],
        metadata: {
          ...{ model: terms.model, parent, tensors: tensors as unknown as Json },
          ...(dtype !== undefined && { dtype }),
          ...(license !== undefined && { license }),
        },
        timestamp: Math.max(at, timestamp),
      });
      inputs.push({ header, payload });
    }
    return inputs;
  }
}

/** What the submission of a round holds in place of a training manifest (docs/formats/round.md). */
function roundManifest(
  row: RoundRow,
  outcome: RoundOutcome,
  { blocks }: RoundResult,
  { model }: RoundBase,
): Json {
  const tensorsOf = new Map(blocks.map(({ name, tensors }) => [name, tensors]));
  return {
    version: 3,
    ...{ model: model.model, model_version: model.version, release: model.release },
    ...{ round: row.id, terms: row.terms as unknown as Json, aggregate: outcome.aggregate },
    members: outcome.members.map(({ author, commitment, update, weight }) => ({
      author,
      commitment,
      update,
      weight,
    })),
    absent: [...outcome.absent],
    blocks: outcome.blocks.map((block) => ({
      ...block,
      tensors: (tensorsOf.get(block.name) ?? []).map((tensor) => ({ ...tensor })),
    })),
    steps: [],
  };
}

function factsOf({ terms }: RoundRow, { blocks }: RoundOutcome): ManifestFacts {
  return {
    ...{ model: terms.model, release: terms.release, steps: 0, audit: null },
    blocks: blocks.map(({ name, parent, payload_hash: payloadHash }) => ({ name, parent, payloadHash })),
  };
}
