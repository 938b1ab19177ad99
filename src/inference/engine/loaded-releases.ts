import type { Result } from '../../common/index.js';
import type { EngineModel, EnginePort } from './engine-port.js';

/** Releases that stay loaded though nobody uses them right now. */
const IDLE_RELEASES = 3;

interface Loaded {
  readonly loading: Promise<Result<void>>;
  users: number;
}

/** Which releases the engine has loaded; the ones unused for longest are unloaded when there are too many. */
export class LoadedReleases {
  private readonly loaded = new Map<string, Loaded>();

  /** Releases loaded or loading. */
  get size(): number {
    return this.loaded.size;
  }

  /** Loads the release if need be and keeps it loaded while `work` runs; refuses with what loading refuses with. */
  async use<T>(engine: EnginePort, model: EngineModel, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const entry = this.loaded.get(model.release) ?? { loading: engine.load(model), users: 0 };
    this.loaded.set(model.release, entry);
    entry.users += 1;
    try {
      const ready = await entry.loading;
      if (ready.ok) return await work();
      if (this.loaded.get(model.release) === entry) this.loaded.delete(model.release);
      return ready;
    } finally {
      entry.users -= 1;
      this.usedLast(model.release, entry);
      await this.unloadIdle(engine);
    }
  }

  /** Unloads a release that nobody uses any more; one in use stays. */
  async drop(engine: EnginePort, release: string): Promise<void> {
    if (this.loaded.get(release)?.users !== 0) return;
    this.loaded.delete(release);
    await engine.unload(release);
  }

  /** Unloads every release that nobody uses right now. @returns how many */
  async dropIdle(engine: EnginePort): Promise<number> {
    const idle = [...this.loaded].filter(([, { users }]) => users === 0);
    for (const [release] of idle) await this.drop(engine, release);
    return idle.length;
  }

  /** The order of the map is the order of last use. */
  private usedLast(release: string, entry: Loaded): void {
    if (this.loaded.get(release) !== entry) return;
    this.loaded.delete(release);
    this.loaded.set(release, entry);
  }

  private async unloadIdle(engine: EnginePort): Promise<void> {
    const idle = [...this.loaded].filter(([, { users }]) => users === 0);
    for (const [release] of idle.slice(0, Math.max(0, idle.length - IDLE_RELEASES))) {
      this.loaded.delete(release);
      await engine.unload(release);
    }
  }
}
