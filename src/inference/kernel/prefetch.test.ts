import { createKernel, kernelHash, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { ok, unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { GREEDY } from '../sampler/index.js';
import type { BackgroundLoader } from './background-loader.js';
import type { BlockSource } from './block-source.js';
import { EngineCore } from './engine-core.js';
import { MemoryBlockSource } from './memory-source.js';
import { POLICY_NAMES, type PolicyName } from './policies/index.js';
import type { GenerateResult } from './requests.js';

const config = smallConfig({ layers: 4, experts: 8 });
const built = randomModel(config, 'int8', 11);
const { release } = built.model;
const expertBytes = Math.max(
  ...built.model.blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
);
const source = new MemoryBlockSource(built.payloads, nativeSha256);

/** Behaves as badly as a thread may: loads at once, late, never, wrongly, or not at all, as a seed says. */
class FakeLoader implements BackgroundLoader {
  begun = 0;
  open = 0;

  constructor(
    private readonly bytes: (address: number, length: number) => Uint8Array,
    private state: number,
  ) {}

  begin(block: Parameters<BlockSource['read']>[0], address: number) {
    const fate = this.random(6);
    if (fate === 0) return undefined;
    this.begun++;
    this.open++;
    const target = this.bytes(address, block.payloadSize);
    const load = () => unwrap(source.read(block, target));
    target.fill(0xaa);
    if (fate <= 2) load();
    return {
      over: fate <= 2 || fate === 5,
      finish: () => {
        this.open--;
        if (fate === 3) load();
        return fate <= 3;
      },
    };
  }

  private random(below: number): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) >>> 0;
    return (this.state >>> 8) % below;
  }
}

function engineWith(slots: number, seed: number | null, policy: PolicyName = 'lru') {
  const kernel = createKernel();
  const fake = new FakeLoader((address, length) => kernel.heap.bytes(address, length), seed ?? 0);
  const background = seed === null ? undefined : fake;
  const parts = { kernel, source, kernelHash, sha256: nativeSha256, now: () => 0, background };
  const budget = slots * expertBytes;
  const limits = { expertCacheBytes: budget, kvCacheBytes: 1 << 24, maxStreams: 4, experts: { policy } };
  const engine = new EngineCore(parts, limits);
  const empty = kernel.heap.usedBytes;
  unwrap(engine.load(built.model));
  return { engine, fake, kernel, budget, empty };
}

const request = (first: number) => ({
  ...({ kind: 'generate', release, maxTokens: 12, stopIds: [], sampling: GREEDY } as const),
  promptIds: [first, 7, 9],
});
const chain = (engine: EngineCore, first: number) =>
  (unwrap(runWork(engine, request(first))) as GenerateResult).states.map((state) =>
    Buffer.from(state).toString('hex'),
  );

describe('loading in the background', () => {
  const expected = [1, 2, 3].map((first) => chain(engineWith(100, null).engine, first));

  it.each(POLICY_NAMES)(
    'never changes a bit under %s, whatever becomes of the loads, and leaks nothing',
    (policy) => {
      for (const slots of [1, 2, 3, 7, 20, 32]) {
        for (const seed of [1, 2, 3, 4]) {
          const { engine, fake, kernel, empty } = engineWith(slots, seed, policy);
          const chains = [1, 2, 3].map((first) => chain(engine, first));
          expect({ policy, slots, seed, chains }).toEqual({ policy, slots, seed, chains: expected });
          expect(fake.begun).toBeGreaterThan(0);
          engine.unload(release);
          expect(fake.open).toBe(0);
          expect(kernel.heap.usedBytes).toBe(empty);
        }
      }
    },
  );

  it('stays within the budget at every step', () => {
    for (const slots of [1, 3, 9]) {
      const { engine, kernel, budget } = engineWith(slots, 5);
      const before = kernel.heap.usedBytes;
      let done = false;
      engine.submit(
        1,
        { ...request(4), maxTokens: 60 },
        { event: () => undefined, done: () => (done = true) },
      );
      while (!done) {
        engine.step();
        expect(engine.stats().cache.bytes).toBeLessThanOrEqual(budget);
        const { kv, prefixCache } = engine.stats();
        const others = before + kv.usedBytes + prefixCache.idleBytes;
        // payloads, and 64 bytes to describe each
        expect(kernel.heap.usedBytes - others).toBeLessThanOrEqual(budget + slots * 64 + 1024);
      }
    }
  });

  it('counts what was foretold, and loads of it that were used', () => {
    const { engine } = engineWith(9, 6);
    chain(engine, 1);
    const { foresight, cache } = engine.stats();
    expect(foresight!.right).toBeGreaterThan(0);
    expect(foresight!.foretold).toBeGreaterThanOrEqual(foresight!.right);
    expect(foresight!.used).toBeGreaterThanOrEqual(foresight!.right);
    expect(cache.prefetched).toBeGreaterThan(0);
    expect(cache.prefetchUsed).toBeLessThanOrEqual(cache.prefetched);
    expect(engineWith(9, null).engine.stats()).toMatchObject({ foresight: null, cache: { prefetched: 0 } });
  });

  it('foretells exactly where layers add nothing', () => {
    const still = randomModel(config, 'f32', 12);
    const changes = new Map(still.payloads);
    const quiet = still.model.blocks.map((block) => {
      const zero = block.tensors.find(({ name }) => name === 'down' || name === 'o');
      if (!zero) return block;
      const payload = still.payloads.get(block.name)!.slice();
      payload.fill(0, zero.offset + zero.length - config.hiddenSize * 64 * 4, zero.offset + zero.length);
      changes.set(block.name, payload);
      return block;
    });
    const trusting: BlockSource = {
      read: (block, target) => {
        target.set(changes.get(block.name)!);
        return ok();
      },
    };
    const kernel = createKernel();
    const limits = { expertCacheBytes: 1 << 24, kvCacheBytes: 1 << 24, maxStreams: 1 };
    const parts = { kernel, source: trusting, kernelHash, sha256: nativeSha256, now: () => 0 };
    const engine = new EngineCore(parts, { ...limits, experts: { traceBytes: 1 << 16 } });
    unwrap(engine.load({ ...still.model, blocks: quiet }));
    const ids = { ...request(5), release: still.model.release, promptIds: [5] };
    unwrap(runWork(engine, ids));
    const { right, used, foretold } = engine.stats().foresight!;
    expect([right, foretold]).toEqual([used, used]);
    expect(used).toBe(12 * 3 * config.expertsPerToken);
  });
});
