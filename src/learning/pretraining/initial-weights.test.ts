import { smallConfig } from '../../../test/support/engine.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import { initialWeights } from './initial-weights.js';

const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 2, vocabSize: 40 });
const weights = initialWeights(config, 'a seed', nativeSha256);
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('the weights of a model that has learnt nothing', () => {
  it('are the same bits on every machine', () => {
    const all = describeBlocks(config).flatMap(({ name, tensors }) =>
      tensors.map((tensor) => nativeSha256Hex(new Uint8Array(weights(name, tensor.name).buffer))),
    );
    expect(nativeSha256Hex(Buffer.from(all.join()))).toBe(
      '98dbd935082bee83cfaee0f08742e439c21e609aa6fc9e418b039ce21e80be5f',
    );
  });

  it('are spread around zero, less where layers add to the residual stream, and norms are one', () => {
    expect(deviation(weights('embedding', 'weight'))).toBeCloseTo(0.02, 2.5);
    expect(deviation(weights('layer1.expert0', 'up'))).toBeCloseTo(0.02, 2.5);
    expect(deviation(weights('layer1.expert0', 'down'))).toBeCloseTo(0.01, 2.5);
    expect(new Set(weights('layer0.attention', 'norm'))).toEqual(new Set([1]));
  });

  it('follow from the seed and differ between tensors', () => {
    const other = initialWeights(config, 'another', nativeSha256);
    expect(other('head', 'weight')).not.toEqual(weights('head', 'weight'));
    expect(weights('layer0.attention', 'k')).not.toEqual(weights('layer0.attention', 'v'));
    expect(() => weights('layer0.attention', 'sinks')).toThrow('layer0.attention/sinks');
  });
});
