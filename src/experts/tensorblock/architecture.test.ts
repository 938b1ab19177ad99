import { findArchitectureFault } from './architecture.js';

const yarn = { factor: 4, originalPositions: 64, betaFast: 32, betaSlow: 1, truncate: true };

const sizes = { layers: 4, experts: 4, expertsPerToken: 2 };

describe('an architecture in a meta block', () => {
  it.each<object>([
    { queryKeyNorm: 'head' },
    { attentionBias: true, attentionSinks: true, routerBias: true, expertBias: true },
    { slidingWindow: { positions: 1, layers: [0, 3] } },
    { yarn },
    { yarn: { ...yarn, attentionFactor: 1.5 } },
    { routerSoftmax: 'all', clampedSwiglu: { alpha: 1.702, limit: 7 } },
    {
      leftOut: [
        { layer: 0, experts: [1, 3] },
        { layer: 3, experts: [0] },
      ],
    },
  ])('is sound: %j', (parts) => {
    expect(findArchitectureFault({ version: 1, ...parts }, sizes)).toBeNull();
  });

  it.each<[unknown, string]>([
    [null, 'architecture'],
    ['gpt_oss', 'architecture'],
    [{ queryKeyNorm: 'head' }, 'architecture.version'],
    [{ version: 2, queryKeyNorm: 'head' }, 'architecture.version'],
    [{ version: 1 }, 'architecture'],
    [{ version: 1, mixer: true }, 'architecture.mixer'],
    [{ version: 1, toString: true }, 'architecture.toString'],
    [{ version: 1, queryKeyNorm: 'none' }, 'architecture.queryKeyNorm'],
    [{ version: 1, attentionBias: false }, 'architecture.attentionBias'],
    [{ version: 1, routerSoftmax: 'chosen' }, 'architecture.routerSoftmax'],
    [{ version: 1, slidingWindow: 128 }, 'architecture.slidingWindow'],
    [{ version: 1, slidingWindow: { positions: 0, layers: [0] } }, 'architecture.slidingWindow.positions'],
    [{ version: 1, slidingWindow: { positions: 8, layers: [] } }, 'architecture.slidingWindow.layers'],
    [{ version: 1, slidingWindow: { positions: 8, layers: [1, 0] } }, 'architecture.slidingWindow.layers'],
    [{ version: 1, slidingWindow: { positions: 8, layers: [4] } }, 'architecture.slidingWindow.layers'],
    [{ version: 1, slidingWindow: { positions: 8, layers: [-1] } }, 'architecture.slidingWindow.layers'],
    [
      { version: 1, slidingWindow: { positions: 8, layers: [0], more: 1 } },
      'architecture.slidingWindow.more',
    ],
    [{ version: 1, yarn: { ...yarn, factor: 0.5 } }, 'architecture.yarn.factor'],
    [{ version: 1, yarn: { ...yarn, truncate: undefined } }, 'architecture.yarn.truncate'],
    [{ version: 1, yarn: { ...yarn, betaFast: Number.NaN } }, 'architecture.yarn.betaFast'],
    [{ version: 1, yarn: { ...yarn, attentionFactor: -1 } }, 'architecture.yarn.attentionFactor'],
    [{ version: 1, clampedSwiglu: { alpha: 1 } }, 'architecture.clampedSwiglu.limit'],
    [{ version: 1, leftOut: [] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: 'layer0.expert1' }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [null] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [1, 0] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [4] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [0.5] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [0, 1, 2] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 4, experts: [0] }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [{ layer: 0, experts: [0], more: 1 }] }, 'architecture.leftOut'],
    [{ version: 1, leftOut: [0, 0].map((layer) => ({ layer, experts: [layer] })) }, 'architecture.leftOut'],
  ])('is refused by name: %j', (value, field) => {
    expect(findArchitectureFault(value, sizes)).toMatchObject({ field });
  });
});
