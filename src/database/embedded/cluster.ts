import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { PostgresBinaries } from './binaries.js';
import { runAs, type SystemUser } from './system-user.js';

/** The one database and the one superuser of an embedded cluster. Its socket folder is private, so no password is needed. */
export const EMBEDDED_USER = 'stemma';

const INITDB_ARGUMENTS = [
  `--username=${EMBEDDED_USER}`,
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
  '--no-instructions',
];

/**
 * Makes the cluster in `home` unless it is there. Written to a temporary folder and renamed, so that a start cut short
 * leaves nothing half made. Refusal: POSTGRES_INITDB_FAILED with what initdb said.
 */
export async function ensureCluster(
  home: string,
  binaries: PostgresBinaries,
  user: SystemUser | null,
): Promise<Result<string>> {
  const cluster = join(home, 'cluster');
  if (existsSync(join(cluster, 'PG_VERSION'))) return ok(cluster);
  const fresh = join(home, 'cluster.new');
  await rm(fresh, { recursive: true, force: true });
  const outcome = await runProgram(binaries.initdb, [`--pgdata=${fresh}`, ...INITDB_ARGUMENTS], user);
  if (outcome.code !== 0) {
    const said = outcome.output.trim().split('\n').slice(-3).join(' ');
    return err(
      new CodedError('POSTGRES_INITDB_FAILED', `the embedded PostgreSQL could not be set up: ${said}`),
    );
  }
  await rename(fresh, cluster);
  return ok(cluster);
}

function runProgram(
  program: string,
  args: readonly string[],
  user: SystemUser | null,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...runAs(user),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    });
    let output = '';
    const collect = (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-8_192));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The environment for PostgreSQL's programs: no PG* variable of the caller's may change what they do, and no secret goes along. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}
