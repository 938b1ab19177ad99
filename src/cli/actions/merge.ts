import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import { mergeTrainings } from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { readTrainedFolder } from './trained-folder.js';
import { readTrainingModel } from './training-material.js';

interface MergeOptions {
  readonly server?: string;
  readonly out: string;
}

/** Writes one candidate made of several trainings of new experts. */
export async function merge(
  context: CommandContext,
  folders: readonly string[],
  { server, out }: MergeOptions,
): Promise<void> {
  const parts = [];
  for (const folder of folders) parts.push(await readTrainedFolder(folder));
  const name = modelOf(parts[0].manifest);
  const model = await readTrainingModel(context, name, server ?? null);
  const { manifest, payloads, experts } = unwrap(mergeTrainings(model, parts));
  await mkdir(out, { recursive: true });
  for (const [block, payload] of payloads) await writeFile(join(out, `${block}.tensorblock`), payload);
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  const lines = experts.map(({ was, name: now, from }) => {
    const before = was === now ? '' : `, trained as ${was}`;
    return `${now} (began as ${from}${before})`;
  });
  const value = { model: name, out, experts: experts.map((expert) => ({ ...expert })) };
  context.print(value as Json, [...lines, `written: ${join(out, 'manifest.json')}`].join('\n'));
}

/** `genesis@1.0.0` */
function modelOf(manifest: Json): string {
  const { model, model_version: version } = (manifest ?? {}) as Record<string, unknown>;
  if (typeof model === 'string' && typeof version === 'string') return `${model}@${version}`;
  throw new CodedError('SUBMISSION_MANIFEST', 'the first manifest does not say which model it is of');
}
