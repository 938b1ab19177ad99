import { unwrap } from '../../src/common/index.js';
import { publishCommitments } from '../../src/inference/commitment/index.js';
import { PlainWitness, type WitnessOptions } from '../../src/inference/dispute/plain-witness.js';
import type { Statement, Witness } from '../../src/inference/dispute/witness.js';
import { ANSWER_TOKENS } from './dispute-subjects.js';
import type { PlainAnswer } from './answer-ways.js';

/** What somebody who disputes an honest answer knows of it. */
export interface Accusation {
  readonly honest: PlainWitness;
  /** The honest answer's tokens and states. */
  readonly made: PlainAnswer;
  /** The accuser's. */
  readonly salt: Uint8Array;
  readonly options: WitnessOptions;
  /** A side that really computed something else, with that salt. */
  readonly mistaken: () => Promise<PlainWitness>;
  readonly random: (below: number) => number;
}

interface AccuserWay {
  /** Whether the accuser is to be blamed: it need not be where it merely was asked something else or ended earlier. */
  readonly blamed: boolean;
  accuse(accusation: Accusation): Promise<Witness>;
}

/** Ways of accusing an honest side, by mistake or against better knowledge. */
export const ACCUSERS = {
  'made a mistake': { blamed: true, accuse: ({ mistaken }) => mistaken() },
  'shows an honest trace for its mistake': {
    blamed: true,
    accuse: async ({ mistaken, honest }) => {
      const wrong = await mistaken();
      return { ...traceOf(honest), ...statedBy(wrong) };
    },
  },
  'shows a false trace for honest states': {
    blamed: true,
    accuse: async (accusation) => {
      const { mistaken, made, random } = accusation;
      const states = made.states.map((state, i) => (i < ANSWER_TOKENS - 1 ? state : flipped(state, random)));
      return { ...traceOf(await mistaken()), ...statedWith(accusation, states) };
    },
  },
  'commits to other states': {
    blamed: true,
    accuse: async (accusation) => {
      const { honest, made, random } = accusation;
      const from = random(ANSWER_TOKENS);
      const states = made.states.map((state, i) => (i < from ? state : flipped(state, random)));
      return { ...traceOf(honest), ...statedWith(accusation, states) };
    },
  },
  'states another token': {
    blamed: true,
    accuse: async ({ honest, made, salt, options, random }) => {
      const at = random(ANSWER_TOKENS);
      const tokens = made.tokens.map((token, i) => (i === at ? (token + 1 + random(39)) % 40 : token));
      const commitments = publishCommitments(made.states, salt, options.sha256);
      const statement = { ...honest.statement, outputIds: tokens, salt, commitments };
      return new PlainWitness(statement, options, made.states);
    },
  },
  'shows states it has not committed to': {
    blamed: true,
    accuse: async ({ mistaken, honest }) => {
      const { statement } = await mistaken();
      return { ...traceOf(honest), statement, states: (first, end) => honest.states(first, end) };
    },
  },
  'shows values without their digest': {
    blamed: true,
    accuse: async ({ mistaken, random }) => {
      const wrong = await mistaken();
      const value: Witness['value'] = async (place) => {
        const found = await wrong.value(place);
        if (!found.ok) return found;
        const changed = Float32Array.from(found.value);
        new Uint32Array(changed.buffer)[random(changed.length)] ^= 1 << random(32);
        return { ok: true, value: changed };
      };
      return { ...traceOf(wrong), ...statedBy(wrong), value };
    },
  },
  'was asked something else': {
    blamed: false,
    accuse: async ({ honest, salt, options, random }) => {
      const { statement } = honest;
      const promptIds = statement.promptIds.map((id, i) => (i === 2 ? (id + 1 + random(39)) % 40 : id));
      const sampling = { ...statement.sampling, seed: statement.sampling.seed + 1 };
      const other = random(2) === 0 ? { promptIds } : { sampling };
      return unwrap(await PlainWitness.answer({ ...statement, ...other, salt }, ANSWER_TOKENS, options));
    },
  },
  'ended earlier': {
    blamed: false,
    accuse: async ({ honest, made, salt, options, random }) => {
      const count = 1 + random(ANSWER_TOKENS - 1);
      const [outputIds, states] = [made.tokens.slice(0, count), made.states.slice(0, count)];
      const commitments = publishCommitments(states, salt, options.sha256);
      return new PlainWitness({ ...honest.statement, outputIds, salt, commitments }, options, states);
    },
  },
} satisfies Record<string, AccuserWay>;

/** The name of one of them. */
export type Accuser = keyof typeof ACCUSERS;

/** What a side has stated, its states included. */
function statedBy(side: Witness): Pick<Witness, 'statement' | 'states'> {
  return { statement: side.statement, states: (first, end) => side.states(first, end) };
}

/** What a side would state whose answer has these states. */
function statedWith(
  { honest, made, salt, options }: Accusation,
  states: readonly Uint8Array[],
): Pick<Witness, 'statement' | 'states'> {
  const commitments = publishCommitments(states, salt, options.sha256);
  const statement: Statement = { ...honest.statement, outputIds: made.tokens, salt, commitments };
  return { statement, states: async (first, end) => ({ ok: true, value: states.slice(first, end) }) };
}

/** The trace that a side shows. */
function traceOf(side: Witness): Omit<Witness, 'statement' | 'states'> {
  return {
    positions: (count) => side.positions(count),
    sections: (position) => side.sections(position),
    operators: (position, section) => side.operators(position, section),
    value: (place) => side.value(place),
  };
}

function flipped(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const other = Uint8Array.from(bytes);
  other[random(other.length)] ^= 1 << random(8);
  return other;
}
