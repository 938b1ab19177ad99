import { bytesToHex, type Sha256 } from '../../common/index.js';
import { COMMITMENT_INTERVAL, publishCommitments } from '../commitment/index.js';
import type { ModelConfig } from '../kernel/index.js';
import { differentQuestion } from './compare-statements.js';
import type { DisputedPlace, SideName, Verdict } from './verdict.js';
import type { Statement } from './witness.js';
import { generationWork } from './work.js';

/** A side with what computing its tokens again has given. */
export interface ReplayedSide {
  readonly statement: Statement;
  /** What the sampler picks at each place, given the stated tokens before it. */
  readonly picks: readonly number[];
  /** Commitment chain over the stated tokens, 32 bytes each. */
  readonly states: readonly Uint8Array[];
}

interface Fault {
  readonly side: SideName;
  readonly token: number;
  readonly operator: 'sample' | 'commitment';
}

/**
 * The verdict over two statements by computing both again. Receipts hold no activations, so that it ends at a token the sampler does
 * not pick or at the first of the 32 tokens of a commitment that does not follow; bundles and witnesses lead further.
 */
export function settleByReplay(
  a: ReplayedSide,
  b: ReplayedSide,
  config: ModelConfig,
  sha256: Sha256,
): Verdict {
  const question = differentQuestion(a.statement, b.statement);
  const faults = [firstFault('a', a, sha256), firstFault('b', b, sha256)].filter((fault) => fault !== null);
  const tokens = a.statement.outputIds.length + b.statement.outputIds.length;
  const work = generationWork(config, a.statement.promptIds.length, Math.ceil(tokens / 2));
  const base = { version: 1, values: null, work: { referee: 2 * work, generation: work } } as const;
  const nowhere = { position: null, layer: null, rank: null, index: null };
  if (faults.length > 0) {
    const first = faults.reduce((least, fault) => (fault.token < least.token ? fault : least));
    const place: DisputedPlace = { ...nowhere, token: first.token, operator: first.operator };
    const wrong = faults.map(({ side }) => side);
    const detail = `Computed again, ${wrong.join(' and ')} does not hold from token ${first.token} on.`;
    return { ...base, differs: true, wrong, place, detail };
  }
  if (question !== null) {
    const detail = `Both hold. They were not asked the same: they differ in ${question}.`;
    return {
      ...base,
      differs: true,
      wrong: [],
      place: { ...nowhere, token: null, operator: 'request' },
      detail,
    };
  }
  const [countA, countB] = [a.statement.outputIds.length, b.statement.outputIds.length];
  if (countA === countB)
    return { ...base, differs: false, wrong: [], place: null, detail: 'Both say the same, bit by bit.' };
  const place: DisputedPlace = { ...nowhere, token: Math.min(countA, countB), operator: 'finish' };
  const detail = `Both agree until one of them ends: a has ${countA} tokens, b has ${countB}.`;
  return { ...base, differs: true, wrong: [], place, detail };
}

function firstFault(
  side: SideName,
  { statement, picks, states }: ReplayedSide,
  sha256: Sha256,
): Fault | null {
  const token = statement.outputIds.findIndex((id, i) => picks[i] !== id);
  const found = publishCommitments(states, statement.salt, sha256).map(bytesToHex);
  const window = statement.commitments.findIndex((commitment, i) => bytesToHex(commitment) !== found[i]);
  const first = window * COMMITMENT_INTERVAL;
  if (token >= 0 && (window < 0 || token < first + COMMITMENT_INTERVAL))
    return { side, token, operator: 'sample' };
  return window < 0 ? null : { side, token: first, operator: 'commitment' };
}
