import { testConfig } from '../../../test/support/test-config.js';
import { EngineTuning } from './engine-tuning.js';
import { engineOptions } from './kernel-engine.js';

describe('what the kernel is started with', () => {
  const options = (size: EngineTuning['size']) => {
    const tuning = new EngineTuning();
    tuning.size = size;
    return engineOptions(testConfig(), '/kernel.wasm', tuning);
  };

  it('is what was configured, and what was tuned since', async () => {
    const megabytes = 2 ** 20;
    expect(await options({ expertCacheMb: 128 })).toMatchObject({
      expertCacheBytes: 128 * megabytes,
      kvCacheBytes: 32 * megabytes,
    });
  });

  it('does not exceed its memory: that is refused with what is allowed', async () => {
    await expect(options({ expertCacheMb: 4000 })).rejects.toMatchObject({
      code: 'ENGINE_MEMORY',
      message: expect.stringContaining('allowed is 3840 together') as string,
    });
  });
});
