import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/common/installation.js';
import { runCommand } from './command.js';
import { PATIENCE_MS } from './patience.js';
import { call } from './tasks.js';
import { temporaryFolder } from './temporary-folder.js';

/** An epoch as a server shows it. */
export interface ShownEpoch {
  readonly epoch: number;
  readonly hash: string;
  readonly record: {
    readonly input: { readonly verdicts: number; readonly answers: number };
    readonly earned: readonly {
      readonly account: string;
      readonly kind: string;
      readonly amount: string;
      readonly reference: string | null;
    }[];
    readonly paid: readonly { readonly account: string; readonly amount: string }[];
    readonly totals: { readonly earned: string; readonly paid: string };
    readonly after: { readonly alpha: string; readonly beta: string };
  };
}

const POLL_MS = 100;

/** A file with the policy of the installation, but with epochs of a second. @param fee of an answer, BLY */
export function quickEpochs(fee = '0'): string {
  const usual = readFileSync(join(packageRoot(), 'config', 'rewards.yaml'), 'utf8');
  const file = join(temporaryFolder('policy'), 'rewards.yaml');
  const quick = usual.replace('every_s: 1800', 'every_s: 1').replace(`fee: '0'`, `fee: '${fee}'`);
  writeFileSync(file, quick);
  return file;
}

/** The first epoch, from one on, that this holds for; waits for it. */
export async function epochWith(
  url: string,
  holds: (input: ShownEpoch['record']['input']) => boolean,
  from = 1,
): Promise<ShownEpoch> {
  let epoch = from;
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    const { status, body } = await call<ShownEpoch>(url, 'GET', `/rewards/epochs/${epoch}`);
    if (status === 404) await delay(POLL_MS);
    else if (holds(body.record.input)) return body;
    else epoch++;
  }
  throw new Error(`none of the epochs ${from} to ${epoch - 1} was the one that was waited for`);
}

/** What `stemma rewards recompute` says of an epoch. */
export async function recompute(
  env: Readonly<Record<string, string>>,
  epoch: number,
  ...options: readonly string[]
): Promise<Record<string, unknown>> {
  const args = ['rewards', 'recompute', '--json', '--epoch', String(epoch), ...options];
  const { code, stdout } = await runCommand(args, env);
  return { code, ...(JSON.parse(stdout) as object) };
}
