import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { VersionRegistry } from '../common/observation/version-registry.js';
import { packageRoot, packageVersion } from '../common/installation.js';

/** Says what is running. */
@Injectable()
export class VersionReport {
  private readonly version = packageVersion();
  private readonly commit = installedCommit();

  constructor(private readonly registry: VersionRegistry) {}

  /** Version, commit where it is known, Node.js, and what modules added (kernel hash, …). */
  read(): Readonly<Record<string, string | null>> {
    return {
      name: 'stemma',
      version: this.version,
      commit: this.commit,
      node: process.version,
      ...this.registry.all(),
    };
  }
}

/** The commit of a checkout, or of STEMMA_COMMIT that a container build sets; null when neither is known. */
function installedCommit(): string | null {
  if (process.env.STEMMA_COMMIT) return process.env.STEMMA_COMMIT;
  try {
    const git = join(packageRoot(), '.git');
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const commit = head.startsWith('ref: ') ? readFileSync(join(git, head.slice(5)), 'utf8').trim() : head;
    return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
  } catch {
    return null;
  }
}
