import { setTimeout as delay } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { CodedError, EventBus, err, messageOf, ok, type Result } from '../../common/index.js';
import { HealthRegistry, type HealthReport } from '../../common/observation/health-registry.js';
import { VersionRegistry } from '../../common/observation/version-registry.js';
import type { KernelCompilation } from '../kernel/index.js';
import { BlockWatch } from './block-watch.js';
import { ENGINE_FACTORY, type EngineFactory } from './engine-factory.js';
import type { EngineLane, EngineModel, EnginePort } from './engine-port.js';
import { KernelArchive } from './kernel-archive.js';
import { LoadedReleases } from './loaded-releases.js';

/** Shortest time between two attempts to start an engine that would not, ms. */
const RETRY_MS = 10_000;
/** How long work under way may go on when another engine is to take over, ms. */
const DRAIN_MS = 20_000;
const DRAIN_STEP_MS = 20;

/** Keeps the one engine of the process: started at boot, its releases loaded when they are asked for. */
@Injectable()
export class EngineHost implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Engine');
  private starting: Promise<Result<EnginePort>> | null = null;
  private state: Result<EnginePort> | null = null;
  private retryAt = 0;
  private stopped = false;
  private releases = new LoadedReleases();
  private working = 0;

  constructor(
    @Inject(ENGINE_FACTORY) private readonly factory: EngineFactory,
    private readonly blocks: BlockWatch,
    private readonly kernels: KernelArchive,
    private readonly versions: VersionRegistry,
    private readonly events: EventBus,
    health: HealthRegistry,
  ) {
    health.register({ name: 'kernel', check: () => Promise.resolve(this.health()) });
  }

  /** Begins to start the engine; does not hold up the boot. */
  onApplicationBootstrap(): void {
    void this.engine();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    const engine = await this.starting;
    if (engine?.ok) await engine.value.stop();
  }

  /** The running engine, for figures; null before it has started. */
  get current(): EnginePort | null {
    return this.state?.ok ? this.state.value : null;
  }

  /** The engine once it has started; refuses with `ENGINE_UNAVAILABLE` (503) when it cannot. */
  engine(): Promise<Result<EnginePort>> {
    if (this.stopped) return Promise.resolve(unavailable('the server is stopping'));
    const failed = this.state !== null && !this.state.ok;
    if (this.starting === null || (failed && performance.now() >= this.retryAt)) {
      this.state = null;
      this.starting = this.start();
    }
    return this.starting;
  }

  /**
   * Does work on a loaded release, which stays loaded until the work is done. Refuses with `ENGINE_UNAVAILABLE` or what
   * loading refuses with (`BLOCK_CORRUPT`, `BLOCK_MISSING`, …).
   */
  async use<T>(model: EngineModel, work: (engine: EnginePort) => Promise<Result<T>>): Promise<Result<T>> {
    const engine = await this.engine();
    if (!engine.ok) return engine;
    this.working += 1;
    try {
      return await this.releases.use(engine.value, model, async () => {
        const result = await work(engine.value);
        return result.ok ? result : err(asRefusal(result.error));
      });
    } finally {
      this.working -= 1;
    }
  }

  /**
   * Starts another engine of the size that is tuned now, in the place of the one that runs. Work under way gets
   * `DRAIN_MS` to end; what comes meanwhile waits for the new engine.
   */
  replace(): Promise<Result<EnginePort>> {
    if (this.stopped || this.starting === null) return this.engine();
    const before = this.starting;
    const replaced: Promise<Result<EnginePort>> = before.then(async (old) => {
      for (const end = performance.now() + DRAIN_MS; performance.now() < end;) {
        await delay(DRAIN_STEP_MS);
        if (this.working === 0 || this.starting !== replaced) break;
      }
      // Whoever restarted the engine meanwhile has started one of the new size.
      if (this.starting !== replaced && this.starting !== null) return this.starting;
      if (old.ok) await old.value.stop();
      this.releases = new LoadedReleases();
      return this.stopped ? unavailable('the server is stopping') : this.start();
    });
    this.starting = replaced;
    return replaced;
  }

  /** Unloads a release whose files are about to go. */
  async forget(release: string): Promise<void> {
    const engine = this.current;
    if (engine !== null) await this.releases.drop(engine, release);
  }

  /**
   * Starts the engine anew, whatever the old one does: what ran is refused with `ENGINE_STOPPED` and may be asked for again.
   * The old threads are told to end, but not waited for, because one that hangs may never do so.
   */
  async restart(): Promise<Result<void>> {
    if (this.stopped) return unavailable('the server is stopping');
    const old = this.current;
    this.releases = new LoadedReleases();
    this.state = null;
    this.starting = this.start();
    void old?.stop().catch((thrown: unknown) => this.logger.warn(`old engine: ${messageOf(thrown)}`));
    const started = await this.starting;
    return started.ok ? ok() : started;
  }

  /** Unloads the releases nobody uses right now. @returns how many */
  async unloadIdle(): Promise<number> {
    const engine = this.current;
    return engine === null ? 0 : this.releases.dropIdle(engine);
  }

  private async start(): Promise<Result<EnginePort>> {
    try {
      const engine = await this.factory();
      engine.on('blockFailed', (failure) => {
        this.blocks.failed(failure);
        this.logger.error(`block ${failure.name} (${failure.block}) failed: ${failure.detail}`);
        const { block: hash, name, code, detail } = failure;
        this.events.emit('block.failed', { hash, name, code, detail });
      });
      engine.on('crashed', (detail) => {
        this.logger.warn(`the engine crashed and was started again: ${detail}`);
        this.events.emit('engine.crashed', { detail });
      });
      await this.announce(engine);
      this.state = ok(engine);
    } catch (thrown) {
      this.retryAt = performance.now() + RETRY_MS;
      this.logger.error(`the engine does not start: ${messageOf(thrown)}`);
      this.state = unavailable(messageOf(thrown));
    }
    return this.state;
  }

  /** Says in `/version` what computes, and keeps the kernel for later bundles. */
  private async announce({ kernelHash, lane, compilation }: EnginePort): Promise<void> {
    this.versions.set('engine', lane === null ? 'exact' : 'tfjs');
    this.versions.set('kernel', kernelHash);
    if (lane !== null) {
      this.versions.set('backend', lane.backend);
      this.versions.set('device', lane.device);
      return;
    }
    if (compilation !== undefined) this.tellCompilation(compilation);
    await this.kernels.keep(kernelHash).catch((thrown: unknown) => {
      this.logger.warn(`the kernel could not be kept for later bundles: ${messageOf(thrown)}`);
    });
  }

  /** Names the compilation; a slower one than was tried is worth a warning. */
  private tellCompilation({ name, fallback }: KernelCompilation): void {
    this.versions.set('kernel_compilation', name);
    if (fallback === null) return;
    this.logger.warn(
      `the kernel runs without joined operations, exact but slower, because with them: ${fallback}`,
    );
  }

  private health(): HealthReport {
    if (this.state === null) return { status: 'failed', detail: 'starting' };
    if (!this.state.ok) return { status: 'failed', detail: this.state.error.message };
    const { kernelHash: kernel, lane } = this.state.value;
    const engine = lane === null ? { engine: 'exact' } : { engine: 'tfjs', ...deviceOf(lane) };
    const facts = { kernel, releases: this.releases.size, ...engine };
    return { status: 'ok', detail: 'the self-test agrees', facts };
  }
}

function deviceOf({ backend, device }: EngineLane) {
  return { backend, device };
}

/** Refusals that say nothing about the request: the same one may succeed in a moment. */
const RETRYABLE = new Set([
  'BLOCK_CORRUPT',
  'BLOCK_MISSING',
  'ENGINE_BUSY',
  'ENGINE_RESTARTED',
  'ENGINE_STOPPED',
  'MODEL_NOT_LOADED',
  'MODEL_UNLOADED',
]);

/** The engine's refusals as they are answered here: the retryable ones with 503 and the time to wait. */
function asRefusal(error: CodedError): CodedError {
  if (!RETRYABLE.has(error.code)) return error;
  return new CodedError(error.code, error.message, { ...error.facts, retryAfter: 1 }, 503, { cause: error });
}

function unavailable(why: string): Result<never> {
  return err(new CodedError('ENGINE_UNAVAILABLE', `No answer can be made: ${why}.`, { retryAfter: 10 }, 503));
}
