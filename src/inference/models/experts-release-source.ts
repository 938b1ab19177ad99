import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { ParameterIndex, toEngineModel, type ReleaseView } from '../../experts/index.js';
import { ReleaseSource, type ModelSummary } from './release-source.js';
import type { ReleaseContent } from './served-model.js';

/** Releases from the parameter index: everything it gives comes from verified blocks. */
@Injectable()
export class ExpertsReleaseSource extends ReleaseSource {
  constructor(
    private readonly index: ParameterIndex,
    private readonly blocks: BlockReader,
  ) {
    super();
  }

  override async resolve(name: string): Promise<string | null> {
    return (await this.index.resolve(name))?.release ?? null;
  }

  override async read(release: string): Promise<Result<ReleaseContent>> {
    const view = await this.view(release);
    if (!view.ok) return view;
    const tokenizer = await this.tokenizer(view.value.tokenizer);
    if (!tokenizer.ok) return tokenizer;
    await this.index.hold(view.value);
    const { model, version } = view.value;
    return ok({ model, version, ...tokenizer.value, engine: toEngineModel(view.value) });
  }

  override async hold(release: string): Promise<void> {
    const view = await this.view(release);
    if (view.ok) await this.index.hold(view.value);
  }

  override async models(): Promise<readonly ModelSummary[]> {
    const summaries: ModelSummary[] = [];
    for (const { name, liveRelease } of await this.index.models()) {
      const view = liveRelease === null ? null : await this.index.release(liveRelease);
      if (view === null) continue;
      summaries.push({ name, version: view.version, release: view.release, createdAt: view.timestamp });
    }
    return summaries;
  }

  private async view(release: string): Promise<Result<ReleaseView>> {
    try {
      const view = await this.index.release(release);
      if (view !== null) return ok(view);
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      throw thrown;
    }
    return err(new CodedError('RELEASE_NOT_FOUND', `This node has no release ${release}.`, { release }, 404));
  }

  private async tokenizer(
    block: string | null,
  ): Promise<Result<Pick<ReleaseContent, 'tokenizer' | 'tokenizerHash'>>> {
    if (block === null) return ok({ tokenizer: null });
    const payload = await this.blocks.payload(block);
    if (!payload.ok) return payload;
    const tokenizer = JSON.parse(new TextDecoder().decode(payload.value)) as Json;
    return ok({ tokenizer, tokenizerHash: nativeSha256Hex(payload.value) });
  }
}
