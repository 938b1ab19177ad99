import { Injectable, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../common/index.js';
import { DependencyRegistry } from '../../common/observation/dependency-registry.js';
import type { HealthReport } from '../../common/observation/health-registry.js';
import { AppConfig } from '../../config/index.js';

/** Less than the registry waits, so that the call ends, ms. */
const PATIENCE_MS = 2_500;

/** Tells whether the node of `BLOB_PEER_URL`, which payloads are fetched from, shows its chain; without one nothing is asked. */
@Injectable()
export class PeerProbe implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly dependencies: DependencyRegistry,
  ) {}

  onModuleInit(): void {
    const { blobPeerUrl } = this.config;
    if (blobPeerUrl === null) return;
    const url = new URL('/chain/status', blobPeerUrl);
    this.dependencies.register({ name: 'peer', check: () => check(url) });
  }
}

async function check(url: URL): Promise<HealthReport> {
  const answered = await fetch(url, {
    ...{ signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' },
  }).catch((thrown: unknown) => messageOf(thrown));
  if (typeof answered === 'string') throw new Error(`it cannot be reached: ${answered}`);
  await answered.body?.cancel();
  if (!answered.ok) throw new Error(`it answered ${answered.status}`);
  return { status: 'ok', detail: 'shows its chain' };
}
