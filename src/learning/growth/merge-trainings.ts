import { CodedError, err, hashJson, ok, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { routerRowOf } from '../../experts/tensorblock/growth.js';
import { expertPlace } from '../../experts/tensorblock/left-out.js';
import type { ReleaseModel } from '../source/release-model.js';
import { parseManifest, type ManifestFacts } from '../submission/manifest-facts.js';
import { nextPlace } from './places.js';

/** What a training of new experts has written. */
export interface TrainedPart {
  readonly manifest: Json;
  /** Payloads of its blocks and rows, by name. */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
}

/** One candidate made of several trainings. */
export interface MergedTraining extends TrainedPart {
  /** What each new expert was called, and is called now. */
  readonly experts: readonly { readonly was: string; readonly name: string; readonly from: string }[];
}

interface ManifestJson {
  readonly data: { readonly hash?: string; readonly datasets?: readonly string[] };
  readonly blocks: readonly Readonly<Record<string, Json>>[];
}

/**
 * Joins new experts that were trained apart from the same release (after FlexOlmo, arXiv 2507.07024): each as it was trained, and of two with the
 * same number the later one under the next that is free. Refuses with `MERGE_RELEASE`, `MERGE_BLOCKS` and `MERGE_FILES` what cannot be joined.
 */
export function mergeTrainings(model: ReleaseModel, parts: readonly TrainedPart[]): Result<MergedTraining> {
  if (parts.length < 2) return refused('BLOCKS', 'a merge needs two trainings at least');
  const blocks: Json[] = [];
  const payloads = new Map<string, Uint8Array>();
  const experts: MergedTraining['experts'][number][] = [];
  for (const part of parts) {
    const read = parseManifest(part.manifest);
    if (!read.ok) return read;
    const sound = checkPart(model, read.value, part);
    if (!sound.ok) return sound;
    for (const { name: was, from = '' } of read.value.blocks) {
      const name = placeOf(model, was, new Set(payloads.keys()));
      if (name === null) return refused('BLOCKS', `there is no place for ${was} beside the others`);
      for (const [before, after] of [
        [was, name],
        [routerRowOf(was), routerRowOf(name)],
      ]) {
        blocks.push(renamed(part.manifest, before, after));
        payloads.set(after, part.payloads.get(before) ?? new Uint8Array());
      }
      experts.push({ was, name, from });
    }
  }
  const manifests = parts.map(({ manifest }) => manifest as unknown as ManifestJson);
  const datasets = [...new Set(manifests.flatMap(({ data }) => data.datasets ?? []))].sort();
  const manifest = {
    ...{ version: 1, model: model.model, model_version: model.version, release: model.release },
    merged: parts.map((part) => hashJson(part.manifest)),
    ...{ data: { datasets }, blocks, steps: [] },
  };
  return ok({ manifest, payloads, experts });
}

function checkPart(
  { release, model }: ReleaseModel,
  facts: ManifestFacts,
  { payloads }: TrainedPart,
): Result<void> {
  if (facts.model !== model || facts.release !== release)
    return refused('RELEASE', 'only trainings from the same release can be merged');
  const old = facts.blocks.find(({ name, from }) => from === undefined || expertPlace(name) === null);
  if (old !== undefined) return refused('BLOCKS', `${old.name} is no new expert: only those can be merged`);
  const rows = facts.blocks.map(({ name }) => [routerRowOf(name), facts.rows?.get(routerRowOf(name))]);
  const named = [...facts.blocks.map(({ name, payloadHash }) => [name, payloadHash]), ...rows];
  const other = named.find(([name, hash]) => nativeSha256Hex(payloads.get(String(name)) ?? '') !== hash);
  if (other === undefined) return ok();
  return refused('FILES', `the file of ${other[0]} is missing or not the one the manifest names`);
}

/** The place that an expert has beside others: its own, or the next of its layer. */
function placeOf(model: ReleaseModel, name: string, taken: ReadonlySet<string>): string | null {
  return taken.has(name) ? nextPlace(model, `layer${expertPlace(name)?.layer}`, [...taken]) : name;
}

function renamed(manifest: Json, before: string, after: string): Json {
  const { blocks, data } = manifest as unknown as ManifestJson;
  const block = blocks.find(({ name }) => name === before);
  const learnt = block?.data ?? data.hash;
  return {
    ...block,
    ...{ name: after, file: `${after}.tensorblock` },
    ...(learnt !== undefined && { data: learnt }),
  };
}

function refused(code: string, message: string): Result<never> {
  return err(new CodedError(`MERGE_${code}`, message));
}
