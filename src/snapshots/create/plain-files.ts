import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { SECRET_SETTINGS, SETTING_NAMES, yamlNameOf, type AppConfig } from '../../config/index.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/** Largest settings file or key that is taken, bytes. */
const LARGEST = 16 * 1024 * 1024;

/** The files of `keys/`, which are the node's identity. */
export const NODE_KEY_FILES: readonly string[] = ['log.json', 'receipts.json', 'blocks.json', 'tokens.json'];

/** The files of settings in force: their names below `settings/` of a snapshot, and where they lie here. */
export async function settingsInForce(config: AppConfig): Promise<(readonly [string, string])[]> {
  const own = (name: string) => join(packageRoot(), 'config', name);
  const policies = config.policyDir ?? own('policies');
  const names = await namesIn(policies, /^[a-zA-Z0-9_-][\w.-]{0,120}\.ya?ml$/);
  return [
    ['decision-matrix.yaml', config.decisionMatrix ?? own('decision-matrix.yaml')],
    ['healing.yaml', config.healingFile ?? own('healing.yaml')],
    ['rewards.yaml', config.rewardsFile ?? own('rewards.yaml')],
    ['truth-mirror.yaml', config.truthMirrorQuestions ?? own('truth-mirror.yaml')],
    ...names.map((name) => [`policies/${name}`, join(policies, name)] as const),
  ];
}

/** Copies those files, and the settings themselves, secrets left out. */
export async function copySettings(config: AppConfig, writer: SnapshotWriter): Promise<void> {
  for (const [name, path] of await settingsInForce(config))
    await copyIfThere(path, `settings/${name}`, writer);
  const shown = SETTING_NAMES.filter((name) => !SECRET_SETTINGS.has(name));
  const settings = Object.fromEntries(shown.map((name) => [yamlNameOf(name), config[name]]));
  await writer.add('settings/settings.json', Buffer.from(`${JSON.stringify(settings, null, 1)}\n`));
}

/** Copies the kernels of earlier versions: old receipts are replayed with them. */
export async function copyKernels({ dataDir }: AppConfig, writer: SnapshotWriter): Promise<void> {
  for (const name of await namesIn(join(dataDir, 'kernels'), /^[0-9a-f]{64}\.wasm$/))
    await copyIfThere(join(dataDir, 'kernels', name), `kernels/${name}`, writer);
}

/** Copies the node's keys as they lie there: encrypted when a passphrase is set. */
export async function copyKeys({ dataDir }: AppConfig, writer: SnapshotWriter): Promise<void> {
  for (const name of NODE_KEY_FILES) await copyIfThere(join(dataDir, 'keys', name), `keys/${name}`, writer);
}

async function copyIfThere(from: string, to: string, writer: SnapshotWriter): Promise<void> {
  const found = await stat(from).catch(() => null);
  if (found === null || !found.isFile() || found.size > LARGEST) return;
  await writer.add(to, await readFile(from));
}

async function namesIn(folder: string, shape: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => shape.test(name) && name === basename(name)).sort();
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
