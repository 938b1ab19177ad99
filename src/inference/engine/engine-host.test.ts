import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ScriptedEngine } from '../../../test/factories/scripted-engine.js';
import { genesisModel } from '../../../test/factories/served-model.js';
import { CodedError, err, EventBus, ok, unwrap, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { HealthRegistry } from '../../common/observation/health-registry.js';
import { VersionRegistry } from '../../common/observation/version-registry.js';
import { BlockWatch } from './block-watch.js';
import { EngineHost } from './engine-host.js';
import type { EnginePort } from './engine-port.js';
import type { KernelArchive } from './kernel-archive.js';
import { LoadedReleases } from './loaded-releases.js';

const modelOf = (n: number) => genesisModel(String(n).repeat(64)).engine;

describe('loaded releases', () => {
  it('are loaded once for many, stay while used, and the longest unused go first', async () => {
    const engine = new ScriptedEngine();
    const sut = new LoadedReleases();
    const port = engine.port();
    let release: () => void = () => undefined;
    const held = sut.use(
      port,
      modelOf(1),
      () => new Promise<Result<number>>((resolve) => (release = () => resolve(ok(1)))),
    );
    await Promise.all([
      sut.use(port, modelOf(2), () => Promise.resolve(ok(2))),
      sut.use(port, modelOf(2), () => Promise.resolve(ok(2))),
    ]);
    for (const n of [3, 4, 5]) await sut.use(port, modelOf(n), () => Promise.resolve(ok(n)));
    expect(engine.loaded.map((name) => name[0])).toEqual(['1', '2', '3', '4', '5']);
    expect(engine.unloaded.map((name) => name[0])).toEqual(['2']);
    release();
    await held;
    expect(sut.size).toBe(3);
    expect(engine.unloaded.map((name) => name[0])).toEqual(['2', '3']);
  });

  it('are tried again after loading failed', async () => {
    const port = new ScriptedEngine().port();
    const load = jest.fn(port.load);
    load.mockResolvedValueOnce(err(new CodedError('BLOCK_CORRUPT', 'broken', {}, 503)));
    const sut = new LoadedReleases();
    const use = () => sut.use({ ...port, load }, modelOf(1), () => Promise.resolve(ok('used')));
    expect((await use()).ok).toBe(false);
    expect(await use()).toEqual(ok('used'));
  });
});

describe('block watch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-watch-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('degrades readiness by name until the file is right again', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const health = new HealthRegistry();
    const sut = new BlockWatch(health);
    const path = join(folder, 'payload');
    writeFileSync(path, 'altered');
    sut.failed({
      ...{ block: 'b1', name: 'layer0.expert1', code: 'BLOCK_CORRUPT', detail: 'its hash is another', path },
      payloadHash: nativeSha256Hex('right'),
    });
    const check = async () => (await health.check()).probes.weights;
    expect(await check()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('layer0.expert1 (b1)'),
    });
    now += 10_000;
    expect((await check()).status).toBe('degraded');
    writeFileSync(path, 'right');
    expect((await check()).status).toBe('degraded');
    now += 10_000;
    expect((await check()).status).toBe('ok');
    clock.mockRestore();
  });
});

describe('the engine that was started', () => {
  const named = { engine: 'exact', kernel: 'ab'.repeat(32) };
  const begin = async (compilation: EnginePort['compilation']) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const versions = new VersionRegistry();
    const health = new HealthRegistry();
    const port: EnginePort = { ...new ScriptedEngine().port(), compilation };
    const kernels = { keep: () => Promise.resolve() } as unknown as KernelArchive;
    const watch = new BlockWatch(health);
    const factory = () => Promise.resolve(port);
    const sut = new EngineHost(factory, watch, kernels, versions, new EventBus(), health);
    unwrap(await sut.engine());
    const warnings = warn.mock.calls.map(([message]) => String(message));
    warn.mockRestore();
    return { facts: versions.all(), warnings };
  };

  it('is named with its compilation, and a fallback to the plain one is a warning with its reason', async () => {
    const fallback = await begin({ name: 'plain', fallback: 'other bits with 2 thread(s)' });
    expect(fallback.facts).toEqual({ ...named, kernel_compilation: 'plain' });
    expect(fallback.warnings).toEqual([expect.stringContaining('other bits with 2 thread(s)')]);
    expect(await begin({ name: 'joined', fallback: null })).toEqual({
      facts: { ...named, kernel_compilation: 'joined' },
      warnings: [],
    });
  });

  it('is named without one where there is no kernel to compile', async () => {
    expect((await begin(undefined)).facts).toEqual(named);
  });
});
