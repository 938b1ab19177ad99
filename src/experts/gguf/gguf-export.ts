import { Injectable } from '@nestjs/common';
import { CodedError, err, type Result } from '../../common/index.js';
import { ParameterIndex } from '../releases/parameter-index.js';
import { prepareGguf, type GgufFile } from './gguf-file.js';

/** Exports releases to GGUF, the file format of llama.cpp. */
@Injectable()
export class GgufExport {
  constructor(private readonly index: ParameterIndex) {}

  /** @param name `genesis` for the live release, `genesis@1.0.0` for that one. Refuses with `MODEL_UNKNOWN` and as `prepareGguf` */
  async prepare(name: string): Promise<Result<GgufFile>> {
    const view = await this.index.resolve(name);
    if (view === null)
      return err(new CodedError('MODEL_UNKNOWN', `there is no release ${name}`, { model: name }, 404));
    const tokenizer = await this.index.tokenizer(view);
    if (!tokenizer.ok) return tokenizer;
    await this.index.hold(view);
    const { model, version, config, weights } = view;
    return prepareGguf({
      ...{ name: model, version, config, blocks: [...weights.values()] },
      tokenizer: tokenizer.value,
    });
  }
}
