import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { Grammars } from '../constraints/index.js';
import {
  PlainWeights,
  PlainWitness,
  settle,
  type Referee,
  type SideName,
  type Verdict,
} from '../dispute/index.js';
import { checkSide, statementOf } from '../dispute/statement-of.js';
import type { EngineBlock, EngineModel } from '../engine/engine-port.js';
import { FileBlockSource } from '../kernel/node/file-source.js';
import { BundleFolder } from './bundle-folder.js';
import { bundledModel } from './bundled-model.js';
import { BundledBlocks } from './read-blocks.js';
import { readStatement, type StatedAnswer } from './read-statement.js';
import { ZipReader } from './zip-reader.js';

/** A bundle taken apart. */
interface OpenBundle {
  readonly answer: StatedAnswer;
  readonly model: EngineModel;
  /** Labels of blocks that are not what their hashes or signatures say. */
  readonly altered: ReadonlySet<string>;
}

/**
 * Settles a dispute between two bundles, with nothing but their bytes. Each side is computed from its own blocks, altered or not;
 * the referee takes every block from a bundle in which it agrees with its hash. All in plain TypeScript, which is slow: about
 * a second for every 10^8 multiplications. Refuses with `BUNDLE_UNREADABLE`, `ZIP_INVALID`, `BUNDLE_UNUSABLE`,
 * `DISPUTE_STATEMENT`, and `BLOCK_CORRUPT` where neither bundle holds a block that the referee needs.
 */
export async function disputeBundles(a: string, b: string): Promise<Result<Verdict>> {
  const folder = await mkdtemp(join(tmpdir(), 'stemma-dispute-'));
  try {
    const first = await openBundle(a, 'a', join(folder, 'a'));
    if (!first.ok) return first;
    const second = await openBundle(b, 'b', join(folder, 'b'));
    if (!second.ok) return second;
    return await settle(
      witnessOf(first.value),
      witnessOf(second.value),
      refereeOf(first.value, second.value),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openBundle(path: string, side: SideName, folder: string): Promise<Result<OpenBundle>> {
  const zip = await ZipReader.open(path);
  if (!zip.ok) return err(zip.error);
  try {
    const { statement } = await readStatement(zip.value);
    if (statement === null)
      return err(
        new CodedError('BUNDLE_UNUSABLE', `bundle ${side} lacks its receipt or its evidence`, { side }),
      );
    const sound = checkSide(side, statement.receipt, statement.evidence);
    if (!sound.ok) return sound;
    const blocks = new BundledBlocks(zip.value, await BundleFolder.in(folder, zip.value));
    const model = await bundledModel(statement.receipt, blocks, () => undefined);
    if (!model.ok) return model;
    const altered = new Set(blocks.reports.map(({ part }) => part.replace(/^block /, '')));
    if (altered.has('release') || altered.has('meta')) {
      const message = `the release or meta block of bundle ${side} is not what its hash says`;
      return err(new CodedError('BLOCK_CORRUPT', message, { side }, 503));
    }
    return ok({ answer: statement, model: model.value.engine, altered });
  } finally {
    await zip.value.close();
  }
}

function witnessOf({ answer, model }: OpenBundle): PlainWitness {
  const weights = new PlainWeights(model, new FileBlockSource());
  return new PlainWitness(statementOf(answer.receipt, answer.evidence), { weights, sha256: nativeSha256 });
}

function refereeOf(a: OpenBundle, b: OpenBundle): Referee {
  const others = new Map(b.model.blocks.map((block) => [block.name, block]));
  const blocks = a.model.blocks.map((block) => verified(block, a, others.get(block.name), b));
  const weights = new PlainWeights({ ...a.model, blocks }, new FileBlockSource());
  const { constraint } = statementOf(a.answer.receipt, a.answer.evidence).sampling;
  const { vocabulary } = a.model;
  if (constraint === undefined || vocabulary === undefined) return { weights, sha256: nativeSha256 };
  const grammars = new Grammars(vocabulary);
  return { weights, sha256: nativeSha256, filter: () => unwrap(grammars.matcher(constraint)) };
}

/** The block as one of the bundles holds it unaltered; where none does, one that reading refuses. */
function verified(
  own: EngineBlock,
  a: OpenBundle,
  other: EngineBlock | undefined,
  b: OpenBundle,
): EngineBlock {
  const isSound = (block: EngineBlock, { altered }: OpenBundle) =>
    block.path !== '' && !altered.has(block.name);
  if (isSound(own, a)) return own;
  return other !== undefined && other.block === own.block && isSound(other, b)
    ? other
    : { ...own, payloadHash: '' };
}
