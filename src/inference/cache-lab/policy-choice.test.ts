import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../../common/index.js';
import { engineOptions } from '../engine/kernel-engine.js';
import { testConfig } from '../../../test/support/test-config.js';
import { decodeTrace, encodeTrace } from '../kernel/index.js';
import { analyseTrace } from './analyse.js';
import { keepChoice, latestChoice } from './policy-choice.js';
import { syntheticTrace } from './synthetic-trace.js';

const model = { layers: 4, experts: 16, expertsPerToken: 3, expertBytes: 1 << 20, steps: 100, seed: 2 };

describe('choice of a policy', () => {
  let dataDir: string;
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'stemma-choice-'))));
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const analyse = (name: string, now: number, mebibytes = 12) => {
    const trace = unwrap(decodeTrace(encodeTrace(syntheticTrace(model))));
    return analyseTrace(trace, { model: name, expertCacheMb: mebibytes, now });
  };

  it('is the policy with the fewest misses at the configured size, and what the engine starts with', async () => {
    expect(await latestChoice(dataDir)).toBeNull();
    const { choice } = analyse('one', 1000);
    const at = choice.curves.find(({ experts }) => experts === 12)!;
    const { belady, ...policies } = at.hit_rates;
    expect(choice.hit_rate).toBe(Math.max(...Object.values(policies)));
    expect(policies[choice.policy]).toBe(choice.hit_rate);
    expect(choice.optimum).toBe(belady);
    await keepChoice(dataDir, choice);
    await keepChoice(dataDir, { ...choice, model: 'two', policy: 'lfru', measured_at: 3000 });
    await keepChoice(dataDir, { ...choice, model: 'three', policy: 'lfu', measured_at: 2000 });
    expect(await latestChoice(dataDir)).toMatchObject({ model: 'two', measured_at: 3000 });
    const started = async (expertPolicy: 'auto' | 'lru') =>
      (await engineOptions(testConfig({ dataDir, expertPolicy }))).experts?.policy;
    expect(await started('auto')).toBe('lfru');
    expect(await started('lru')).toBe('lru');
    expect(readdirSync(join(dataDir, 'cache-lab')).sort()).toEqual(['one.json', 'three.json', 'two.json']);
  });

  it('takes no policy over another when everything fits', () => {
    expect(analyse('one', 1, 64).choice).toMatchObject({ policy: 'lru' });
    expect(analyse('one', 1, 4096).choice).toMatchObject({ policy: 'lru' });
  });

  it('passes over files that are no choice', async () => {
    mkdirSync(join(dataDir, 'cache-lab'));
    const { choice } = analyse('one', 1000);
    const broken = [
      '{',
      'null',
      JSON.stringify({ ...choice, policy: '__proto__' }),
      JSON.stringify({ ...choice, version: 2 }),
      JSON.stringify({ ...choice, curves: [{}] }),
    ];
    broken.forEach((text, i) => writeFileSync(join(dataDir, 'cache-lab', `${i}.json`), text));
    expect(await latestChoice(dataDir)).toBeNull();
  });
});
