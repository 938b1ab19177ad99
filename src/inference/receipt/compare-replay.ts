import { bytesToHex, hexToBytes, sha256Bytes, type Sha256 } from '../../common/hash.js';
import { publishCommitments } from '../commitment/index.js';
import { TOKENS_PER_COMMITMENT, type Receipt, type ReceiptEvidence } from './receipt.js';

/** One thing that was checked. */
export interface PartReport {
  /** `receipt`, `signature`, `prompt`, `tokens`, `text`, `salt`, `log`, `release`, `kernel`, `block …`, `commitments`, … */
  readonly part: string;
  readonly agrees: boolean;
  readonly detail: string;
  /** Where it parts: number of the token (0-based) from which on it disagrees; null when that has no meaning. */
  readonly token: number | null;
}

/** What a replay found, to be compared with what the receipt states. */
export interface ReplayObservation {
  /** The token the sampler picks at each place, given the recorded tokens before it. */
  readonly picks: readonly number[];
  /** The commitment chain over the recorded tokens, one 32-byte value each. */
  readonly states: readonly Uint8Array[];
  readonly experts: readonly { readonly layer: number; readonly expert: number; readonly tokens: number }[];
  /** The text the recorded tokens make, and how many of them up to the one that completed a stop string. */
  readonly text: { readonly text: string; readonly tokens: number; readonly stopped: boolean };
  /** Tokens that end an answer in this release. */
  readonly stopIds: readonly number[];
}

/** Compares a replay with a receipt, part by part: tokens, commitments, experts, text, finish. */
export function compareReplay(
  receipt: Receipt,
  evidence: ReceiptEvidence,
  replay: ReplayObservation,
  sha256: Sha256 = sha256Bytes,
): PartReport[] {
  return [
    comparePicks(evidence, replay),
    compareCommitments(receipt, evidence, replay, sha256),
    compareExperts(receipt, replay),
    compareText(evidence, replay),
    compareFinish(receipt, evidence, replay),
  ];
}

/**
 * The first part that disagrees (causes come before what follows from them), and the earliest token at which anything
 * does; 0 when no place is known. Null when all agree.
 */
export function firstDifference(
  parts: readonly PartReport[],
): { readonly token: number; readonly part: string } | null {
  const wrong = parts.filter(({ agrees }) => !agrees);
  if (wrong.length === 0) return null;
  const tokens = wrong.flatMap(({ token }) => (token === null ? [] : [token]));
  return { token: tokens.length === 0 ? 0 : Math.min(...tokens), part: wrong[0].part };
}

/** A part that agrees. */
export function agreeing(part: string, detail: string): PartReport {
  return { part, agrees: true, detail, token: null };
}

/** A part that does not, from this token on where that is known. */
export function disagreeing(part: string, detail: string, token: number | null = null): PartReport {
  return { part, agrees: false, detail, token };
}

function comparePicks({ output_ids }: ReceiptEvidence, { picks }: ReplayObservation): PartReport {
  const at = output_ids.findIndex((id, i) => picks[i] !== id);
  if (at < 0) return agreeing('tokens', `all ${output_ids.length} tokens are the ones the sampler picks`);
  const detail = `token ${at} is ${output_ids[at]}, the replay picks ${picks[at]}`;
  return disagreeing('tokens', detail, at);
}

function compareCommitments(
  receipt: Receipt,
  { salt }: ReceiptEvidence,
  { states }: ReplayObservation,
  sha256: Sha256,
): PartReport {
  const found = publishCommitments(states, hexToBytes(salt), sha256).map(bytesToHex);
  const at = receipt.commitments.findIndex((commitment, i) => commitment !== found[i]);
  if (at < 0 && found.length === receipt.commitments.length) {
    return agreeing('commitments', `all ${found.length} commitments agree`);
  }
  const group = at < 0 ? found.length - 1 : at;
  const token = group * TOKENS_PER_COMMITMENT;
  const last = Math.min(receipt.output.tokens, token + TOKENS_PER_COMMITMENT) - 1;
  const detail = `commitment ${group} disagrees: the logits part between token ${token} and token ${last}`;
  return disagreeing('commitments', detail, token);
}

/**
 * Every expert the replay needs must be named, with at least as many tokens. It may be named with more where a stop string or the
 * client cut the answer: receipts of earlier builds counted tokens in work that do not belong to it.
 */
function compareExperts({ experts, output }: Receipt, replay: ReplayObservation): PartReport {
  const named = new Map(experts.map(({ name, tokens }) => [name, tokens]));
  for (const { layer, expert, tokens } of replay.experts) {
    const name = `layer${layer}.expert${expert}`;
    const stated = named.get(name);
    if (stated === undefined)
      return disagreeing('experts', `${name} computed ${tokens} tokens, but is not named`);
    if (stated < tokens) return disagreeing('experts', `${name} computed ${tokens} tokens, not ${stated}`);
    if (stated > tokens && output.finish === 'length') {
      return disagreeing('experts', `${name} computed ${tokens} tokens, not ${stated}`);
    }
  }
  return agreeing('experts', `all ${replay.experts.length} experts that took part are named`);
}

function compareText({ text }: ReceiptEvidence, replay: ReplayObservation): PartReport {
  if (replay.text.text === text) return agreeing('text', 'the tokens make this text');
  return disagreeing('text', 'the tokens make another text');
}

function compareFinish(
  { output, request }: Receipt,
  { output_ids, constraint }: ReceiptEvidence,
  { text, stopIds }: ReplayObservation,
): PartReport {
  // An answer steered to another end than the one it was asked to come to has another text.
  if (constraint?.version === 2 && constraint.tokens !== request.parameters.max_tokens) {
    const { tokens } = constraint;
    return disagreeing(
      'finish',
      `it was steered to an end within ${tokens} tokens, not ${request.parameters.max_tokens}`,
    );
  }
  const ended = stopIds.includes(output_ids[output_ids.length - 1]);
  const cut = text.stopped && text.tokens === output.tokens;
  const early = output_ids.slice(0, -1).some((id) => stopIds.includes(id)) || text.tokens < output.tokens;
  const right: Record<typeof output.finish, boolean> = {
    stop: ended || cut,
    length: !ended && !cut && output.tokens === request.parameters.max_tokens,
    cancelled: output.tokens <= request.parameters.max_tokens,
  };
  if (right[output.finish] && !early) return agreeing('finish', `the answer ended by ${output.finish}`);
  return disagreeing('finish', `the answer did not end by ${output.finish}`);
}
