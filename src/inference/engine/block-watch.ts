import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { HealthRegistry, type HealthReport } from '../../common/observation/health-registry.js';
import type { BlockFailure } from './engine-port.js';

/** Shortest time between two readings of a failed block, ms. */
const RECHECK_MS = 5_000;
/** Failures remembered; a disk that loses more has been noticed. */
const LIMIT = 256;

interface Watched {
  readonly failure: BlockFailure;
  checkedAt: number;
}

/** Remembers the blocks that could not be read or were altered, until their files are right again. */
@Injectable()
export class BlockWatch {
  private readonly watched = new Map<string, Watched>();

  constructor(health: HealthRegistry) {
    health.register({ name: 'weights', check: () => this.check() });
  }

  /** Remembers a failure. */
  failed(failure: BlockFailure): void {
    if (this.watched.size < LIMIT) this.watched.set(failure.block, { failure, checkedAt: performance.now() });
  }

  private async check(): Promise<HealthReport> {
    for (const [block, watched] of this.watched) {
      if (performance.now() - watched.checkedAt < RECHECK_MS) continue;
      watched.checkedAt = performance.now();
      const { path, payloadHash } = watched.failure;
      if ((await fileHash(path)) === payloadHash) this.watched.delete(block);
    }
    if (this.watched.size === 0) return { status: 'ok', detail: 'no weight block has failed' };
    const failures = [...this.watched.values()].map(({ failure }) => failure);
    const [first] = failures;
    return {
      status: 'degraded',
      detail: `${first.name} (${first.block}): ${first.detail}`,
      facts: { blocks: failures.map(({ name, block, code }) => ({ name, block, code })) },
    };
  }
}

async function fileHash(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
