import { bytesToHex, unwrap } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { operatorsOf, sectionCount, type Place } from '../../src/inference/dispute/place.js';
import type { Tamper } from '../../src/inference/dispute/plain-forward.js';
import { PlainWitness } from '../../src/inference/dispute/plain-witness.js';
import { PlainWeights } from '../../src/inference/dispute/referee/weights.js';
import { settle } from '../../src/inference/dispute/settle.js';
import type { Verdict } from '../../src/inference/dispute/verdict.js';
import type { BlockSource } from '../../src/inference/kernel/index.js';
import {
  ANSWER_TOKENS,
  DISPUTE_SUBJECTS,
  drawQuestion,
  PROMPT_TOKENS,
  type DisputeQuestion,
  type DisputeSubject,
} from './dispute-subjects.js';
import { randomNumbers } from './schedules.js';

/** What a dishonest side flips one bit of. */
export type FaultKind = 'weight' | 'activation' | 'router' | 'token' | 'seed';
/** What may be wrong on one side. */
export const FAULT_KINDS: readonly FaultKind[] = ['weight', 'activation', 'router', 'token', 'seed'];

/** One trial with a fault on one side: the verdict and what it should have been. */
export interface DisputeTrial {
  readonly kind: FaultKind;
  readonly verdict: Verdict;
  /** What is wrong with the verdict; null when nothing is. */
  readonly failure: string | null;
  /** Faults drawn before that changed no commitment, or that no reader takes (padding): nothing to dispute. */
  readonly withoutEffect: number;
}

interface Fault {
  readonly kind: FaultKind;
  readonly side: PlainWitness;
  /** Whether the place found is the one where the bit was flipped. */
  readonly isFound: (place: NonNullable<Verdict['place']>) => boolean;
}

/** Disputes with one wrong bit on one side, one after the other; the seed decides everything. */
export class DisputeTrials {
  private readonly random: (below: number) => number;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  /** One trial with a fault on one of the sides. */
  async faulty(kind = FAULT_KINDS[this.random(FAULT_KINDS.length)]): Promise<DisputeTrial> {
    for (let withoutEffect = 0; ; withoutEffect++) {
      const subject = DISPUTE_SUBJECTS[this.random(DISPUTE_SUBJECTS.length)];
      const question = drawQuestion(subject, this.random);
      const honest = await this.answer(subject, question);
      const fault = await this.fault(kind, subject, question);
      if (fault === null || !differ(fault.side.statement.commitments, honest.statement.commitments)) continue;
      const liar = this.random(2) === 0 ? 'a' : 'b';
      const pair = liar === 'a' ? ([fault.side, honest] as const) : ([honest, fault.side] as const);
      const verdict = unwrap(await settle(...pair, { weights: subject.weights, sha256: nativeSha256 }));
      return { kind, verdict, failure: faultMissed(verdict, liar, fault), withoutEffect };
    }
  }

  /** A side that has made a mistake and stands for it; `honest`: the commitments of an honest side with the question's salt. */
  async mistaken(
    subject: DisputeSubject,
    question: DisputeQuestion,
    honest: readonly Uint8Array[],
  ): Promise<PlainWitness> {
    for (;;) {
      const fault = await this.fault(FAULT_KINDS[this.random(FAULT_KINDS.length)], subject, question);
      if (fault !== null && differ(fault.side.statement.commitments, honest)) return fault.side;
    }
  }

  private async answer(
    { weights }: DisputeSubject,
    question: DisputeQuestion,
    faults: Parameters<typeof PlainWitness.answer>[3] = {},
  ): Promise<PlainWitness> {
    const options = { weights, sha256: nativeSha256 };
    return unwrap(await PlainWitness.answer(question, ANSWER_TOKENS, options, faults));
  }

  private async fault(
    kind: FaultKind,
    subject: DisputeSubject,
    question: DisputeQuestion,
  ): Promise<Fault | null> {
    if (kind === 'weight') return this.weightFault(subject, question);
    if (kind === 'token') {
      const at = this.random(ANSWER_TOKENS);
      const flip = (index: number, token: number) =>
        index === at ? (token ^ (1 << this.random(5))) % 40 : token;
      const side = await this.answer(subject, question, { token: flip });
      return { kind, side, isFound: ({ token, operator }) => token === at && operator === 'sample' };
    }
    if (kind === 'seed') {
      const seed = (question.sampling.seed ^ (1 << this.random(31))) >>> 0;
      const side = await this.answer(subject, question, { seed });
      const isFound = ({ token, operator }: NonNullable<Verdict['place']>) =>
        token === 0 && (operator === 'commitment' || operator === 'sample');
      return { kind, side, isFound };
    }
    return this.activationFault(kind, subject, question);
  }

  /** One bit of one output, at one place. */
  private async activationFault(
    kind: 'activation' | 'router',
    subject: DisputeSubject,
    question: DisputeQuestion,
  ): Promise<Fault | null> {
    const at = this.place(subject, kind);
    const [drawn, bit, shift] = [this.random(2 ** 30), this.random(32), this.random(2)];
    // of {expert, weight} only the weight: with an expert that is not there a side could not go on
    const element = at.operator === 'routerChoice' ? drawn | 1 : drawn;
    const tamper: Tamper = (place, value) => {
      if (!isSamePlace(place, at)) return;
      if (kind === 'router') value[0] = (value[0] ^ (1 << shift)) % subject.built.model.config.experts;
      else new Uint32Array(value.buffer, value.byteOffset, value.length)[element % value.length] ^= 1 << bit;
    };
    const options = { weights: subject.weights, sha256: nativeSha256, tamper };
    const answered = await PlainWitness.answer(question, ANSWER_TOKENS, options);
    if (!answered.ok) return null;
    const side = answered.value;
    const layers = subject.built.model.config.layers;
    const layer = at.section === 0 || at.section > layers ? null : at.section - 1;
    return {
      kind,
      side,
      isFound: (found) =>
        found.position === at.position &&
        found.layer === layer &&
        found.operator === at.operator &&
        (found.rank ?? 0) === at.rank,
    };
  }

  private place({ built }: DisputeSubject, kind: 'activation' | 'router'): Place {
    const { config } = built.model;
    const position = this.random(PROMPT_TOKENS + ANSWER_TOKENS - 1);
    const withHead = position >= PROMPT_TOKENS - 1;
    const routers = config.layers - (withHead ? 0 : 1);
    if (kind === 'router')
      return { position, section: 1 + this.random(routers), operator: 'routerChoice', rank: 0 };
    const section = this.random(sectionCount(config, withHead));
    const operators = operatorsOf(config, section, withHead);
    return { position, section, ...operators[this.random(operators.length)] };
  }

  /** One bit of one payload behind its tensors' headers; the honest side and the referee have the block as it was. */
  private async weightFault(subject: DisputeSubject, question: DisputeQuestion): Promise<Fault | null> {
    const { model, payloads } = subject.built;
    const block = model.blocks[this.random(model.blocks.length)];
    const tensor = block.tensors[this.random(block.tensors.length)];
    const payload = Uint8Array.from(payloads.get(block.name)!);
    payload[tensor.offset + 128 + this.random(tensor.length - 128)] ^= 1 << this.random(8);
    const source: BlockSource = {
      read(wanted, target) {
        target.set(wanted.name === block.name ? payload : payloads.get(wanted.name)!);
        return { ok: true, value: undefined };
      },
    };
    const options = { weights: new PlainWeights(model, source), sha256: nativeSha256 };
    const answered = await PlainWitness.answer(question, ANSWER_TOKENS, options);
    if (!answered.ok) return null;
    const side = answered.value;
    const layer = /^layer(\d+)\./.exec(block.name);
    const operators = operatorsReading(block.name, tensor.name);
    return {
      kind: 'weight',
      side,
      isFound: (found) =>
        found.layer === (layer === null ? null : Number(layer[1])) && operators.includes(found.operator),
    };
  }
}

/** The operators that read a tensor. */
function operatorsReading(block: string, tensor: string): string[] {
  const bare = tensor.replace(/_bias$/, '');
  if (block === 'embedding') return ['embedding'];
  if (block === 'head') return [tensor === 'norm' ? 'finalNorm' : 'logits'];
  if (block.endsWith('.router')) return [tensor === 'norm' ? 'routerNorm' : 'routerLogits'];
  if (block.includes('.expert')) return [bare];
  const names: Record<string, string> = {
    ...{ norm: 'inputNorm', q: 'query', k: 'key', v: 'value', o: 'output' },
    ...{ q_norm: 'queryTurn', k_norm: 'keyTurn', sinks: 'attention' },
  };
  return [names[bare]];
}

function isSamePlace(a: Place, b: Place): boolean {
  return (
    a.position === b.position && a.section === b.section && a.operator === b.operator && a.rank === b.rank
  );
}

function differ(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.map(bytesToHex).join() !== b.map(bytesToHex).join();
}

function faultMissed(verdict: Verdict, liar: 'a' | 'b', { isFound }: Fault): string | null {
  if (verdict.wrong.join() !== liar) return `blames ${verdict.wrong.join()} for ${liar}: ${verdict.detail}`;
  return verdict.place !== null && isFound(verdict.place) ? null : `wrong place: ${verdict.detail}`;
}
