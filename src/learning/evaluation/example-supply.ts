import { hashJson, ok, type Json, type Result } from '../../common/index.js';
import type { DrawnIndexes, SkippedExample } from '../sealed/sealed-draw.js';
import {
  drawExamples,
  drawMore,
  EVALUATION_DRAWS,
  MORE_ROUNDS,
  type DomainExamples,
  type Draws,
} from './example-source.js';

/** What a verdict says of the examples it rests on (docs/formats/verdict.md). Members are named as in JSON. */
export type ToldExamples = {
  /** How often was drawn from each domain. */
  readonly draws: Draws;
  /** How often more was drawn from a domain that was in doubt; not there in older verdicts. */
  readonly more?: Readonly<Record<string, number>>;
  /** SHA-256 of the canonical JSON of all examples, by domain. */
  readonly hash: string;
} & (
  | { readonly source: 'generated' }
  | {
      readonly source: 'sealed';
      /** Root of the sealed set. */
      readonly set: string;
      /** Places in the set of the examples of each domain. */
      readonly drawn: DrawnIndexes;
      /** What the beacon named besides, and nobody was judged by. */
      readonly skipped: readonly SkippedExample[];
    }
);

/** What was measured on, and how often more was asked for. */
export interface UsedExamples {
  readonly examples: DomainExamples;
  readonly more: Readonly<Record<string, number>>;
}

/** Where a measurement has its examples from: drawn by a beacon, and the same ones whenever it is done again. */
export interface ExampleSupply {
  /** How often more may be asked for of domains in doubt. */
  readonly moreRounds: number;
  /** The usual examples of every domain. */
  first(): Promise<Result<DomainExamples>>;
  /** More of some domains, none of which was drawn before. A domain that has no others is left out. @param round from 1 */
  more(round: number, names: readonly string[], drawn: DomainExamples): Promise<Result<DomainExamples>>;
  /** What a verdict says of them. */
  told(used: UsedExamples): ToldExamples;
}

/** Examples of the genesis generators' held-out halves. @param root the beacon's @param draws how often from each domain */
export function generatedSupply(root: string, draws: Draws = EVALUATION_DRAWS): ExampleSupply {
  return {
    moreRounds: MORE_ROUNDS,
    first: () => Promise.resolve(ok(drawExamples(root, draws))),
    more: (round, names, drawn) => Promise.resolve(ok(drawMore(root, round, names, drawn, draws))),
    told: ({ examples, more }) => ({
      ...{ source: 'generated', draws, more, hash: hashOfExamples(examples) },
    }),
  };
}

/** SHA-256 of the canonical JSON of examples, by domain. */
export function hashOfExamples(examples: DomainExamples): string {
  return hashJson(Object.fromEntries(examples) as unknown as Json);
}
