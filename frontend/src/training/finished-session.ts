import type { Json } from '../../../src/common/canonical-json.js';
import { sha256Bytes } from '../../../src/common/hash.js';
import { unwrap } from '../../../src/common/result.js';
import { secp256k1Signer } from '../../../src/keys/secp256k1-signer.js';
import { parseAuditFacts } from '../../../src/learning/audit/audit-facts.js';
import type { UpdateOpening } from '../../../src/learning/audit/opening.js';
import { encodeOpening } from '../../../src/learning/audit/opening-codec.js';
import { OpeningMaker } from '../../../src/learning/audit/opening-maker.js';
import type { BlockAccess } from '../../../src/learning/source/block-access.js';
import { prepareSubmission } from '../../../src/learning/submission/prepare-submission.js';
import type { TokenSequence } from '../../../src/learning/trainer/batch.js';
import type { Trainer } from '../../../src/learning/trainer/trainer.js';
import type { KeptStates } from './kept-states.js';
import type { HandInWish, SignedSubmission } from './protocol.js';

/** A training that has ended and stays in this worker: it can be handed in, and parts of it shown. */
export interface FinishedSession {
  readonly manifest: Json;
  /** Of the trained blocks, by their names. */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  readonly datasets: readonly string[];
  readonly documents: readonly TokenSequence[];
  readonly sizes: readonly number[];
  readonly states: KeptStates;
  readonly trainer: Trainer;
  /** ms since the epoch: handing it in twice is the same submission. */
  readonly endedAt: number;
}

/** Signs blocks and statement of a submission; throws `SUBMISSION_…`, `BLOCK_WORK`. */
export async function signSubmission(
  { manifest, payloads, datasets, endedAt }: FinishedSession,
  { secretKey, domains, difficulty }: HandInWish,
  access: BlockAccess,
): Promise<SignedSubmission> {
  const trained = { manifest, payloads, domains, datasets, difficulty, now: endedAt };
  const prepared = unwrap(await prepareSubmission(trained, secp256k1Signer(secretKey), access));
  const byHash = prepared.headers.map(({ name, payload_hash: hash }) => {
    const payload = payloads.get(name ?? '') ?? new Uint8Array();
    return [hash, Uint8Array.from(payload)] as const;
  });
  return { ...prepared, manifest, payloads: new Map(byHash) };
}

/** The opening of some updates (docs/formats/opening.md): their states, and the documents they were made from. Throws `OPENING_…`. */
export async function showUpdates(
  { manifest, documents, sizes, states, trainer }: FinishedSession,
  updates: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const finished = {
    ...{ facts: unwrap(parseAuditFacts(manifest)), trainer, documents, sizes },
    stateBefore: (step: number) => Promise.resolve(states.before(step)),
  };
  const maker = new OpeningMaker(finished, sha256Bytes, () => Promise.resolve(false));
  const shown: UpdateOpening[] = [];
  for (const update of updates) shown.push(unwrap(await maker.openingOf(update)));
  return Uint8Array.from(encodeOpening({ updates: shown, end: unwrap(await maker.end()) }));
}
