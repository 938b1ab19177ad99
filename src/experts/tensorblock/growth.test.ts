import { smallConfig } from '../../../test/support/engine.js';
import { requiredChange } from '../releases/version.js';
import { grownConfig, isOpenPlace, MOST_NEW_PLACES, routerRowOf, routerRowPlace } from './growth.js';
import { leftOutNames, withoutExperts } from './left-out.js';
import { describeBlocks } from './model-blocks.js';
import { findConfigFault } from './model-limits.js';

const config = smallConfig({ layers: 3, experts: 4 });
const expertsOf = (of: typeof config) =>
  describeBlocks(of).flatMap(({ name }) => (name.includes('expert') ? [name] : []));

describe('the architecture with new experts', () => {
  it('has one place more in every layer, which only the new expert takes', () => {
    const grown = grownConfig(config, ['layer1.expert4']);
    expect(grown.experts).toBe(5);
    expect(leftOutNames(grown)).toEqual(['layer0.expert4', 'layer2.expert4']);
    expect(expertsOf(grown).filter((name) => !expertsOf(config).includes(name))).toEqual(['layer1.expert4']);
    expect(findConfigFault(grown)).toBeNull();
    expect(requiredChange(config, grown, true)).toBe('minor');
  });

  it('leaves places out that a number skips, keeps what was left out, and takes empty places', () => {
    const less = withoutExperts(config, ['layer0.expert1']);
    const skipped = grownConfig(less, ['layer2.expert5']);
    expect(leftOutNames(skipped)).toEqual([
      ...['layer0.expert1', 'layer0.expert4', 'layer0.expert5', 'layer1.expert4', 'layer1.expert5'],
      'layer2.expert4',
    ]);
    const taken = grownConfig(skipped, ['layer2.expert4']);
    expect([taken.experts, leftOutNames(taken)]).toEqual([6, leftOutNames(skipped).slice(0, -1)]);
    expect(findConfigFault(taken)).toBeNull();
  });

  it('is a plain one again once every layer has the expert', () => {
    const names = [0, 1, 2].map((layer) => `layer${layer}.expert4`);
    expect(grownConfig(config, names)).toEqual({ ...config, experts: 5 });
    expect(grownConfig(grownConfig(config, names.slice(0, 1)), names.slice(1))).toEqual({
      ...config,
      experts: 5,
    });
  });

  it('has open places where no expert is, not too far and in a layer that is there', () => {
    const less = withoutExperts(config, ['layer0.expert1']);
    const open = (name: string) => isOpenPlace(less, name);
    expect(['layer0.expert1', 'layer2.expert4', `layer0.expert${3 + MOST_NEW_PLACES}`].map(open)).toEqual([
      ...[true, true, true],
    ]);
    const shut = [
      'layer0.expert0',
      'layer1.expert1',
      `layer0.expert${4 + MOST_NEW_PLACES}`,
      'layer3.expert4',
    ];
    expect([...shut, 'layer0.router', 'layer0.expert04'].map(open)).toEqual(new Array(6).fill(false));
  });

  it('calls rows of routers by the experts they belong to', () => {
    expect(routerRowOf('layer3.expert8')).toBe('layer3.router.row8');
    expect(routerRowPlace('layer3.router.row8')).toEqual({ layer: 3, expert: 8 });
    for (const name of ['layer3.expert8', 'layer3.router', 'layer3.router.row08', 'layer3.router.row8x'])
      expect(routerRowPlace(name)).toBeNull();
  });
});
