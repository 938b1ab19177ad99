import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, messageOf, systemClock, type Json } from '../../common/index.js';
import type { TrainedResult } from '../../learning/index.js';

/** Reads what `stemma train` or `stemma merge` wrote; throws `SUBMISSION_FILES`. */
export async function readTrainedFolder(
  folder: string,
): Promise<Pick<TrainedResult, 'manifest' | 'payloads' | 'now'>> {
  const read = (file: string) =>
    readFile(join(folder, file)).catch((thrown: unknown) => {
      throw new CodedError('SUBMISSION_FILES', `${join(folder, file)} cannot be read: ${messageOf(thrown)}`);
    });
  const text = (await read('manifest.json')).toString('utf8');
  let manifest: Json;
  try {
    manifest = JSON.parse(text) as Json;
  } catch (thrown) {
    throw new CodedError('SUBMISSION_FILES', `manifest.json is no JSON: ${messageOf(thrown)}`);
  }
  const payloads = new Map<string, Uint8Array>();
  const { blocks } = manifest as unknown as { blocks?: readonly { name?: unknown }[] };
  for (const { name } of Array.isArray(blocks) ? blocks : []) {
    if (typeof name !== 'string' || !/^[a-z0-9.]{1,64}$/.test(name))
      throw new CodedError('SUBMISSION_FILES', 'the manifest names a block in no valid way');
    payloads.set(name, new Uint8Array(await read(`${name}.tensorblock`)));
  }
  // The time of the training, so that handing in the same folder twice is the same submission.
  const { mtimeMs } = await stat(join(folder, 'manifest.json'));
  return { manifest, payloads, now: Math.floor(Math.min(mtimeMs, systemClock.now())) };
}
