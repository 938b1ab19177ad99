import { Injectable } from '@nestjs/common';
import { BlockReader, hashHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { ParameterIndex, type ReleaseView } from '../../experts/index.js';
import { ModelCatalog, type ServedModel } from '../../inference/index.js';
import { checkCurrent } from '../checks/form.js';
import { candidateModel } from '../evaluation/candidate-model.js';
import { ReleaseGrowth } from '../growth/growth.js';
import { ExampleEncoder } from '../examples/example-encoder.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { SubmissionContent } from './submission-content.js';
import { jsonOf } from '../source/block-access.js';

/** What a submission is compared with, and as what. */
export interface ComparedModels {
  /** The live release. */
  readonly live: ReleaseView;
  readonly base: ServedModel;
  /** The live release with the submitted blocks. */
  readonly candidate: ServedModel;
  readonly encoder: ExampleEncoder;
}

/** Puts submitted blocks into the release that is live now, whichever they were trained from. */
@Injectable()
export class ComparedModelsSource {
  constructor(
    private readonly index: ParameterIndex,
    private readonly models: ModelCatalog,
    private readonly reader: BlockReader,
    private readonly content: SubmissionContent,
    private readonly growth: ReleaseGrowth,
  ) {}

  /** `SUBMISSION_OUTDATED` where one of the experts was replaced meanwhile; what the release's blocks make impossible. */
  async of(row: SubmissionRow): Promise<Result<ComparedModels>> {
    const live = await this.index.live(row.model);
    if (live === null)
      return err(new CodedError('RELEASE_NOT_FOUND', `${row.model} has no live release`, {}, 404));
    const headers = row.headers.map((header) => ({ hash: hashHeader(header, nativeSha256), header }));
    const current = checkCurrent(headers, live);
    if (!current.ok) return current;
    const base = await this.models.release(live.release);
    if (!base.ok) return base;
    const encoder = await this.encoderOf(live);
    if (!encoder.ok) return encoder;
    const growth = await this.growth.of(live, row.headers);
    if (!growth.ok) return growth;
    const blocks = this.content.blocksOf(row);
    const routers = await this.content.routersOf(row, growth.value?.routers ?? []);
    const candidate = candidateModel(base.value, [...blocks, ...routers], growth.value ?? undefined);
    return ok({ live, base: base.value, candidate, encoder: encoder.value });
  }

  /** Makes token ids of examples, as the release does. */
  async encoderOf({ tokenizer }: ReleaseView): Promise<Result<ExampleEncoder>> {
    if (tokenizer === null) return ExampleEncoder.create(null);
    const [stored, payload] = [await this.reader.header(tokenizer), await this.reader.payload(tokenizer)];
    if (!payload.ok) return payload;
    if (stored === null) throw new Error(`block ${tokenizer} went away`);
    return ExampleEncoder.create(jsonOf({ header: stored.header, payload: payload.value }));
  }
}
