import { ok } from '../../common/index.js';
import type { BlockRule } from '../checks/check.js';
import { readJsonPayload } from './json-payload.js';
import type { BlockKind } from './kinds.js';
import { ruleBroken } from './refusal.js';

const MOST_BYTES = 256 * 1024;
const ID = /^ds_[0-9a-f]{32}$/;

/**
 * `BLOCK_RULES_DATASET`: a stage of a dataset (docs/formats/dataset.md): the block is named after the dataset, says the same
 * id in its payload, and depends on exactly the block before of that dataset, which is of this type.
 */
const datasetStage: BlockRule = async (candidate) => {
  const read = await readJsonPayload(candidate, MOST_BYTES);
  if (!read.ok) return read;
  const { name, depends_on } = candidate.header;
  const { format, id, previous } = read.value;
  if (format !== 'stemma.dataset.v1')
    return ruleBroken('DATASET', candidate, 'has a format that is not known');
  if (typeof id !== 'string' || !ID.test(id) || id !== name)
    return ruleBroken('DATASET', candidate, 'is not named after its dataset');
  const before = previous === null ? [] : [previous];
  if (depends_on.join() !== before.join())
    return ruleBroken('DATASET', candidate, 'does not depend on the block it names as previous');
  if ([...candidate.parents.values()].some(({ type }) => type !== 'dataset'))
    return ruleBroken('DATASET', candidate, 'follows a block that is no dataset');
  return ok();
};

/** What became of a dataset. Who may make such blocks is judged by the datasets' own rule. */
export const dataset: BlockKind = { chain: 'D', type: 'dataset', rules: [datasetStage] };
