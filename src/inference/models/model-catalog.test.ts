import { ok, type Result } from '../../common/index.js';
import type { EngineModel } from '../engine/engine-port.js';
import { ModelCatalog } from './model-catalog.js';
import { ReleaseSource, type ModelSummary } from './release-source.js';
import type { ReleaseContent } from './served-model.js';

const RELEASE = 'ab'.repeat(32);

class OneRelease extends ReleaseSource {
  readonly calls: string[] = [];

  resolve(): Promise<string | null> {
    return Promise.resolve(RELEASE);
  }
  read(): Promise<Result<ReleaseContent>> {
    this.calls.push('read');
    const engine = { release: RELEASE, config: { maxPositions: 64 } } as unknown as EngineModel;
    return Promise.resolve(ok({ model: 'tiny', version: '1.0.0', tokenizer: null, engine }));
  }
  override hold(): Promise<void> {
    this.calls.push('hold');
    return Promise.resolve();
  }
  models(): Promise<readonly ModelSummary[]> {
    return Promise.resolve([]);
  }
}

describe('releases that are kept ready', () => {
  it('are told of at each further use', async () => {
    const source = new OneRelease();
    const sut = new ModelCatalog(source);
    expect(await sut.release(RELEASE)).toMatchObject({ ok: true, value: { name: 'tiny' } });
    expect(await sut.release(RELEASE)).toMatchObject({ ok: true, value: { name: 'tiny' } });
    expect(source.calls).toEqual(['read', 'hold']);
  });
});
