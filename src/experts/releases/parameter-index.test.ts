import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { BlockReader, BlockStores } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ParameterIndex } from './parameter-index.js';
import type { ReleaseCatalog } from './release-catalog.js';
import type { ReleaseView } from './release-view.js';

describe('holding the payloads of a release', () => {
  it('leaves one that cannot be made to the engine, makes the others, and tries again at the next use', async () => {
    let damaged = true;
    const hold = jest.fn((hash: string): Promise<Result<void>> =>
      Promise.resolve(damaged && hash === 'a' ? err(new CodedError('DELTA_BLOCK_HASH', 'damaged')) : ok()),
    );
    const weights = ['a', 'b', 'c'].map(
      (payloadHash) => [payloadHash, { payloadHash, derived: payloadHash !== 'c' }] as const,
    );
    const view = { release: 'r', weights: new Map(weights) } as unknown as ReleaseView;
    const sut = new ParameterIndex(
      ...([{} as DataSource, {} as BlockReader] as const),
      { payloads: { hold } } as unknown as BlockStores,
      {} as ReleaseCatalog,
    );
    jest.spyOn(sut, 'release').mockResolvedValue(view);
    // Two at once share one look.
    await Promise.all([sut.hold(view), sut.hold(view)]);
    expect(hold.mock.calls).toEqual([['a'], ['b']]);
    damaged = false;
    await sut.hold(view);
    expect(hold).toHaveBeenCalledTimes(4);
    await sut.hold(view);
    expect(hold).toHaveBeenCalledTimes(4);
  });
});
