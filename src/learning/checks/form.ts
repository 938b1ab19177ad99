import type { BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { isNewExpert, parseNewExpert, type NewExpert, type ReleaseView } from '../../experts/index.js';
import { routerRowOf } from '../../experts/tensorblock/growth.js';
import type { ManifestFacts } from '../submission/manifest-facts.js';
import type { SubmissionStatement } from '../submission/statement.js';

/** A header with its hash. */
export interface NamedHeader {
  readonly hash: string;
  readonly header: BlockHeader;
}

/** What must fit together. */
export interface SubmissionParts {
  readonly statement: SubmissionStatement;
  readonly manifest: ManifestFacts;
  readonly headers: readonly NamedHeader[];
  /** The release that was trained from. */
  readonly parent: Pick<ReleaseView, 'model' | 'release' | 'meta' | 'weights'>;
}

/**
 * `SUBMISSION_FORM`: statement, manifest, headers and release say the same of each other: exactly the stated blocks, by the stated
 * author, each an expert of the model that comes from the block of its name in the release and from the stated datasets, with the payload
 * the manifest names.
 */
export function checkForm(parts: SubmissionParts): Result<void> {
  const problem =
    problemWithWhole(parts) ?? parts.headers.map((header) => problemWith(header, parts)).find(Boolean);
  if (problem === undefined || problem === null) return ok();
  return err(new CodedError('SUBMISSION_FORM', problem, { release: parts.parent.release }));
}

function problemWithWhole({ statement, manifest, headers, parent }: SubmissionParts): string | null {
  if (manifest.model !== statement.model || parent.model !== statement.model)
    return `statement, manifest and release are not all of the model ${statement.model}`;
  if (manifest.release !== statement.release) return 'the manifest is of another release than the statement';
  const hashes = headers.map(({ hash }) => hash).sort();
  if (hashes.join() !== statement.blocks.join()) return 'the uploaded blocks are not those of the statement';
  const names = headers.map(({ header }) => header.name);
  if (new Set(names).size !== names.length) return 'two blocks have the same name';
  const unstated = manifest.audit?.datasets.find((dataset) => !statement.datasets.includes(dataset));
  if (unstated !== undefined) return `the manifest names dataset ${unstated}, the statement does not`;
  if (manifest.blocks.length !== headers.length) return 'the manifest is of other blocks than the statement';
  const added = headers.filter(({ header }) => isNewExpert(header));
  const planned = manifest.audit === null ? added.length : (manifest.audit.plan.newExperts?.length ?? 0);
  if ((manifest.rows?.size ?? 0) !== added.length || planned !== added.length)
    return 'the manifest is of other new experts than the blocks';
  return null;
}

function problemWith(
  { header }: NamedHeader,
  { statement, manifest, parent }: SubmissionParts,
): string | null {
  const name = header.name ?? 'a block without a name';
  const trained = manifest.blocks.find((block) => block.name === name);
  const added = parseNewExpert(header);
  if (!added.ok) return added.error.message;
  const before = parent.weights.get(added.value?.from ?? name)?.block;
  if (header.miner_pub !== statement.author) return `${name} is signed by another key than the statement`;
  if (header.metadata.model !== statement.model) return `${name} says it is of another model`;
  if (before === undefined) return `the release has no ${added.value?.from ?? name}`;
  if (added.value !== null && parent.weights.has(name)) return `the release has a ${name} already`;
  if (header.metadata.parent !== before || trained?.parent !== before)
    return `${name} must name the block it comes from, ${before}, in metadata.parent and in the manifest`;
  if (!header.depends_on.includes(before) || !header.depends_on.includes(parent.meta))
    return `${name} must depend on its parent and on the meta block of the release`;
  const left = statement.datasets.find((dataset) => !header.depends_on.includes(dataset));
  if (left !== undefined) return `${name} must depend on dataset ${left}, which the statement names`;
  if (trained.payloadHash !== header.payload_hash) return `the manifest names another payload for ${name}`;
  return problemWithRow(name, added.value, { trained, manifest });
}

/** What a new expert says besides its weights must be what its manifest says: the row, and what it began as. */
function problemWithRow(
  name: string,
  added: NewExpert | null,
  { trained, manifest }: { trained: ManifestFacts['blocks'][number]; manifest: ManifestFacts },
): string | null {
  if (trained.from !== added?.from) return `the manifest says that ${name} began as another expert`;
  const planned = manifest.audit?.plan.newExperts?.find((expert) => expert.name === name);
  if (manifest.audit !== null && planned?.from !== added?.from)
    return `the plan of the manifest says that ${name} began as another expert`;
  if (added === null || manifest.rows?.get(routerRowOf(name)) === nativeSha256Hex(added.row)) return null;
  return `the manifest names another row of the router for ${name}`;
}

/**
 * `SUBMISSION_OUTDATED` (409): none of these experts was replaced in the live release since they were trained, and no place of a new one
 * was taken. Other experts may have been: the blocks are then judged in the live release.
 */
export function checkCurrent(
  headers: readonly NamedHeader[],
  live: Pick<ReleaseView, 'version' | 'weights'>,
): Result<void> {
  const replaced = headers.find(
    ({ header }) => live.weights.get(header.name ?? '')?.block !== replacedBy(header),
  );
  if (replaced === undefined) return ok();
  const what = isNewExpert(replaced.header) ? 'taken' : 'replaced';
  const message = `${replaced.header.name} was ${what} in the live release ${live.version} since it was trained: train it again from there`;
  return err(new CodedError('SUBMISSION_OUTDATED', message, { expert: replaced.header.name }, 409));
}

/** The block that a submitted one takes the place of: its parent's, and nobody's where its expert is a new one. */
export function replacedBy(header: BlockHeader): Json | undefined {
  return isNewExpert(header) ? undefined : header.metadata.parent;
}
