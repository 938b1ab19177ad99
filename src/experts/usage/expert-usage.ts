import { Injectable } from '@nestjs/common';

/** How one expert of a loaded release has been used since its model was loaded. */
export interface ExpertUse {
  readonly layer: number;
  readonly expert: number;
  /** Tokens that went through it. */
  readonly tokens: number;
  /** Whether its weights are in the kernel's memory now. */
  readonly resident: boolean;
  /** Verified loads from disk. */
  readonly loads: number;
  /** Mean duration of such a load; 0 when there was none. */
  readonly meanLoadMs: number;
}

/** Figures of the expert cache since the engine started. */
export interface ExpertCacheFigures {
  readonly bytes: number;
  /** Most bytes it may hold. */
  readonly budget: number;
  readonly slots: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Total duration of verified loads from disk. */
  readonly loadMs: number;
  readonly failures: number;
}

/** Whoever executes experts and counts it: the engine, which registers itself here from above. */
export interface ExpertUsageSource {
  /** Uses per expert of a release; empty for one that is not loaded. */
  uses(release: string): readonly ExpertUse[];
  /** Null while no engine runs. */
  cache(): ExpertCacheFigures | null;
}

/** Where use and cache figures of experts are asked for. */
@Injectable()
export class ExpertUsage implements ExpertUsageSource {
  private source: ExpertUsageSource | null = null;

  /** Registers the one source; a later one takes its place. */
  register(source: ExpertUsageSource): void {
    this.source = source;
  }

  uses(release: string): readonly ExpertUse[] {
    return this.source?.uses(release) ?? [];
  }

  cache(): ExpertCacheFigures | null {
    return this.source?.cache() ?? null;
  }
}
