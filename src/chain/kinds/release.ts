import { isHash, ok, type Json } from '../../common/index.js';
import type { BlockRule } from '../checks/check.js';
import type { ResolvedCandidate } from '../publish/candidate.js';
import type { BlockKind } from './kinds.js';
import { readJsonPayload } from './json-payload.js';
import { ruleBroken } from './refusal.js';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const FIELDS = ['meta', 'model', 'parent', 'tokenizer', 'version', 'weights'];

type Payload = Readonly<Record<string, Json>>;

/**
 * `BLOCK_RULES_RELEASE`: the payload is `{model, version, meta, tokenizer, weights: {name: hash}, parent}`, and the block
 * depends on every block it names, each being of the chain and type that its place asks for.
 */
const completeRelease: BlockRule = async (candidate) => {
  const read = await readJsonPayload(candidate, 4 * 1024 * 1024);
  if (!read.ok) return read;
  const problem = shapeProblem(read.value) ?? referenceProblem(read.value, candidate);
  return problem === null ? ok() : ruleBroken('RELEASE', candidate, problem);
};

function shapeProblem(payload: Payload): string | null {
  if (Object.keys(payload).sort().join() !== FIELDS.join())
    return `must have the fields ${FIELDS.join(', ')}`;
  const { model, version, parent, weights } = payload;
  if (typeof model !== 'string' || !MODEL.test(model)) return 'has no valid model name';
  if (typeof version !== 'string' || !VERSION.test(version)) return 'has no version of the form 1.2.3';
  if (parent !== null && !isHash(parent)) return 'names a parent that is not a hash';
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) return 'has no weights';
  if (Object.keys(weights).length === 0) return 'has no weights';
  return null;
}

function referenceProblem(payload: Payload, { header, parents }: ResolvedCandidate): string | null {
  const weights = Object.entries(payload.weights as Payload);
  const references: [string, Json, (type: string, chain: string) => boolean][] = [
    ['meta', payload.meta, (type) => type === 'meta'],
    ['tokenizer', payload.tokenizer, (type) => type === 'tokenizer'],
    ...weights.map(([name, hash]): (typeof references)[number] => [
      name,
      hash,
      (_type, chain) => chain === 'B',
    ]),
  ];
  if (payload.parent !== null) references.push(['parent', payload.parent, (type) => type === 'release']);
  for (const [name, hash, fits] of references) {
    if (payload.tokenizer === null && name === 'tokenizer') continue;
    const parent = typeof hash === 'string' ? parents.get(hash) : undefined;
    if (parent === undefined) return `does not depend on the block it names as ${name}`;
    if (!fits(parent.type, parent.chain))
      return `names a ${parent.type} block of chain ${parent.chain} as ${name}`;
  }
  const named = new Set(references.map(([, hash]) => hash));
  const extra = header.depends_on.find((hash) => !named.has(hash));
  return extra === undefined ? null : `depends on ${extra}, which it does not name`;
}

/** One version of a model: the exact block of every weight. */
export const release: BlockKind = { chain: 'A', type: 'release', rules: [completeRelease] };
