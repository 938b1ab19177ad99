import { createKernel, kernelHash, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { type CodedError, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { GREEDY } from '../sampler/index.js';
import type { BackgroundLoader } from './background-loader.js';
import type { WeightBlock } from './block-source.js';
import { HEADER_BYTES } from '../../experts/tensorblock/index.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import { MemoryBlockSource } from './memory-source.js';
import type { ExpertUse, GenerateResult, ReplayResult } from './requests.js';

const config = smallConfig({ layers: 2, experts: 32 });
const built = randomModel(config, 'int8', 31);
const { release } = built.model;
const expertBytes = Math.max(
  ...built.model.blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
);
const request = (first: number) => ({
  ...({ kind: 'generate', release, maxTokens: 3, stopIds: [], sampling: GREEDY } as const),
  promptIds: [first],
});
const chainOf = (result: Result<WorkResult>) =>
  (unwrap(result) as GenerateResult).states.map((state) => Buffer.from(state).toString('hex'));
const nameOf = ({ layer, expert }: ExpertUse) => `layer${layer}.expert${expert}`;

/** An engine over payloads that a test may alter, with a loader that reads the same ones at once. */
function setUp({ slots = 64, background = false } = {}) {
  const kernel = createKernel();
  const payloads = new Map(built.payloads);
  const source = new MemoryBlockSource(payloads, nativeSha256);
  const failed: string[] = [];
  let loads = 0;
  const loader: BackgroundLoader = {
    begin: (block: WeightBlock, address: number) => {
      loads++;
      const read = source.read(block, kernel.heap.bytes(address, block.payloadSize));
      return { over: loads % 2 === 0, finish: () => read.ok };
    },
  };
  const engine = new EngineCore(
    {
      ...{ kernel, source, kernelHash, sha256: nativeSha256, now: () => 0 },
      blockFailed: ({ name }: WeightBlock, { code }: CodedError) => failed.push(`${name} ${code}`),
      ...(background ? { background: loader } : {}),
    },
    {
      ...{ expertCacheBytes: slots * expertBytes, kvCacheBytes: 1 << 24, maxStreams: 4, prefixCache: false },
      experts: { prefetch: background },
    },
  );
  const empty = kernel.heap.usedBytes;
  unwrap(engine.load(built.model));
  const alter = (name: string) => {
    const altered = Uint8Array.from(built.payloads.get(name)!);
    altered[altered.length - 1] ^= 1;
    payloads.set(name, altered);
  };
  const heal = (name: string) => payloads.set(name, built.payloads.get(name)!);
  const nothingLeft = () => {
    engine.unload(release);
    expect(kernel.heap.usedBytes).toBe(empty);
  };
  return { engine, kernel, failed, alter, heal, nothingLeft, loads: () => loads };
}

describe('an expert block that is corrupted', () => {
  const right = setUp();
  const [mine, other] = [1, 2].map(
    (first) => unwrap(runWork(right.engine, request(first))) as GenerateResult,
  );
  const chains = [mine, other].map((result) => chainOf({ ok: true, value: result }));
  const others = new Set(other.experts.map(nameOf));
  const victim = mine.experts.map(nameOf).find((name) => !others.has(name))!;

  it.each([false, true])('at its source while it is in memory is not read (background: %s)', (background) => {
    const { engine, failed, alter, nothingLeft } = setUp({ background });
    expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
    alter(victim);
    expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
    expect(failed).toEqual([]);
    nothingLeft();
  });

  it.each([false, true])('is refused by name once it has to be read again (background: %s)', (background) => {
    const { engine, failed, alter, heal, nothingLeft } = setUp({ slots: 4, background });
    expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
    alter(victim);
    expect(chainOf(runWork(engine, request(2)))).toEqual(chains[1]);
    const refused = runWork(engine, request(1));
    expect(refused).toMatchObject({ ok: false, error: { code: 'BLOCK_CORRUPT', facts: { name: victim } } });
    expect(failed).toEqual([`${victim} BLOCK_CORRUPT`]);
    heal(victim);
    expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
    nothingLeft();
  });

  it.each([false, true])(
    'while it is being loaded fails who needs it and nobody beside (background: %s)',
    (background) => {
      const { engine, failed, alter, heal, nothingLeft, loads } = setUp({ background });
      alter(victim);
      const results: Result<WorkResult>[] = [];
      [1, 2].forEach((first, i) =>
        engine.submit(i, request(first), { event: () => undefined, done: (result) => (results[i] = result) }),
      );
      while (engine.busy) engine.step();
      expect(results[0]).toMatchObject({
        ok: false,
        error: { code: 'BLOCK_CORRUPT', facts: { name: victim } },
      });
      expect(chainOf(results[1])).toEqual(chains[1]);
      expect(failed).toEqual([`${victim} BLOCK_CORRUPT`]);
      expect(engine.stats().cache.bytes).toBeLessThanOrEqual(64 * expertBytes);
      heal(victim);
      expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
      expect(loads() > 0).toBe(background);
      nothingLeft();
    },
  );

  it('in the memory itself, after it was verified, shows in the chain that anyone else computes', () => {
    const { engine, kernel } = setUp();
    expect(chainOf(runWork(engine, request(1)))).toEqual(chains[0]);
    const payload = built.payloads.get(victim)!;
    // header and first scales, which the kernel leaves where they are
    const at = Buffer.from(kernel.heap.memory.buffer).indexOf(payload.subarray(0, HEADER_BYTES + 64));
    expect(at).toBeGreaterThan(0);
    kernel.heap.bytes(at, payload.length).fill(0x41, payload.length >> 1);
    const lied = unwrap(runWork(engine, request(1))) as GenerateResult;
    expect(chainOf({ ok: true, value: lied })).not.toEqual(chains[0]);
    const { promptIds, sampling } = request(1);
    const replay = { kind: 'replay', release, promptIds, sampling, outputIds: lied.tokens } as const;
    const found = unwrap(runWork(right.engine, replay)) as ReplayResult;
    expect(found.states).not.toEqual(lied.states);
  });
});
