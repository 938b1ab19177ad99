import fc from 'fast-check';
import type { ModelConfig } from '../model-config.js';
import { withoutExperts } from '../tensorblock/left-out.js';
import {
  atLeast,
  compareVersions,
  formatVersion,
  mayFollow,
  nextFreeVersion,
  nextVersion,
  parseVersion,
  requiredChange,
  type Version,
} from './version.js';

const config: ModelConfig = {
  family: 'mixtral',
  hiddenSize: 64,
  layers: 2,
  experts: 4,
  expertsPerToken: 2,
  expertHiddenSize: 96,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  vocabSize: 100,
  maxPositions: 128,
  ropeTheta: 1e4,
  rmsEpsilon: 1e-5,
  tieWordEmbeddings: false,
};
const part = fc.nat(1000);
const version: fc.Arbitrary<Version> = fc.tuple(part, part, part);

describe('release versions', () => {
  it.each<[Partial<ModelConfig>, boolean, string]>([
    [{}, true, 'patch'],
    [{}, false, 'minor'],
    [{ experts: 8 }, true, 'minor'],
    [{ expertHiddenSize: 128 }, true, 'minor'],
    [{ experts: 2 }, true, 'major'],
    [{ hiddenSize: 128 }, true, 'major'],
    [{ architecture: { version: 1, queryKeyNorm: 'head' } }, true, 'major'],
    [{ experts: 8, ropeTheta: 1e6 }, true, 'major'],
    [{ tieWordEmbeddings: true }, true, 'major'],
    [withoutExperts(config, ['layer0.expert1']), true, 'patch'],
    [withoutExperts({ ...config, experts: 8 }, ['layer0.expert1']), true, 'minor'],
    [withoutExperts({ ...config, hiddenSize: 128 }, ['layer0.expert1']), true, 'major'],
  ])('asks for the least change: %p', (changes, sameTokenizer, change) => {
    expect(requiredChange(config, { ...config, ...changes }, sameTokenizer)).toBe(change);
  });

  it('asks for a patch where an expert comes back', () => {
    const gone = withoutExperts(config, ['layer1.expert0']);
    expect(requiredChange(gone, config, true)).toBe('patch');
    expect(requiredChange(gone, withoutExperts(gone, ['layer0.expert2']), true)).toBe('patch');
  });

  it.each(['1.0', '01.0.0', '1.0.0-rc', 'v1.0.0', '1.0.0 ', '', '9999999999.0.0'])('refuses %p', (text) => {
    expect(parseVersion(text)).toBeNull();
  });

  it('reads what it writes', () => {
    fc.assert(fc.property(version, (v) => expect(parseVersion(formatVersion(v))).toEqual(v)));
  });

  it('orders the next version after its parent, and a smaller step never stands for a larger change', () => {
    fc.assert(
      fc.property(version, (parent) => {
        const [patch, minor, major] = (['patch', 'minor', 'major'] as const).map((change) =>
          nextVersion(parent, change),
        );
        expect(compareVersions(patch, parent)).toBeGreaterThan(0);
        expect(mayFollow(parent, patch, 'patch')).toBe(true);
        expect(mayFollow(parent, patch, 'minor')).toBe(false);
        expect(mayFollow(parent, minor, 'major')).toBe(false);
        expect(mayFollow(parent, major, 'patch')).toBe(true);
        expect(mayFollow(parent, parent, 'patch')).toBe(false);
      }),
    );
  });
});

it('passes versions that were used by steps as large as the change', () => {
  const taken = new Set(['1.0.1', '1.1.0', '2.0.0']);
  expect(nextFreeVersion([1, 0, 0], 'patch', taken)).toEqual([1, 0, 2]);
  expect(nextFreeVersion([1, 0, 0], 'minor', taken)).toEqual([1, 2, 0]);
  expect(nextFreeVersion([1, 0, 0], 'major', taken)).toEqual([3, 0, 0]);
});

it('takes the greater of two changes', () => {
  expect(atLeast('patch', 'minor')).toBe('minor');
  expect(atLeast('major', 'minor')).toBe('major');
  expect(atLeast('patch', 'patch')).toBe('patch');
});
