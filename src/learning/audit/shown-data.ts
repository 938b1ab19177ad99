import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { Reason } from '../evaluation/acceptance.js';

/** A document that was shown. */
export interface ShownDocument {
  /** The same for all that read the same (`readTextKey`). */
  readonly key: string;
  /** Tokens of it that are learnt. */
  readonly tokens: number;
}

/** A named or approved dataset, and which of the shown documents stand in it. */
export interface LookedThrough {
  /** Block of chain D that names it. */
  readonly block: string;
  /** Whether the training is said to be of it. */
  readonly named: boolean;
  /** Keys of shown documents. */
  readonly found: ReadonlySet<string>;
}

/**
 * What the shown documents say of a training's data. What reads the same counts once, however often it was shown, by the tokens that are
 * learnt of it: many copies of a short text are no more than the text. Members are named as in JSON.
 */
export interface DataFigures {
  /** Different documents that were shown. */
  readonly documents: number;
  /** Learnt tokens of them. */
  readonly tokens: number;
  /** Of those, the tokens of documents that stand in a named dataset. */
  readonly named: number;
  /** The tokens of those that stand in an approved dataset, and in no named one. */
  readonly unnamed: number;
  /** Every named set, and approved ones in which some of them stand, the named ones first. */
  readonly sets: readonly {
    readonly block: string;
    /** Learnt tokens of the shown documents that stand in it. */
    readonly tokens: number;
    /** Those of documents that no older one of these sets has: whoever gave a document first gave it. */
    readonly first: number;
  }[];
}

/** What a training is said to be of. */
export interface StatedData {
  /** Blocks of chain D. */
  readonly named: readonly string[];
  /** Whether experts of approved data alone are taken. */
  readonly approvedOnly: boolean;
}

/** Sets that are told of at most; 64 can be named. */
export const MOST_SHOWN_SETS = 128;

/**
 * The least share of what is learnt of the shown documents that has to stand in the named sets. Where only approved data are taken, all but what a tokenizer
 * cannot give back as it was written; elsewhere data of one's own may be among them, but a name is not for data that are not there.
 */
export const LEAST_NAMED = { approved: 0.95, any: 0.1 } as const;

/**
 * Counts what is learnt of shown documents by the sets in which they stand. Of those that read the same the one counts of which most is
 * learnt.
 * @param sets the oldest first
 */
export function dataFigures(
  documents: readonly ShownDocument[],
  sets: readonly LookedThrough[],
): DataFigures {
  const learnt = new Map<string, number>();
  for (const { key, tokens } of documents) learnt.set(key, Math.max(learnt.get(key) ?? 0, tokens));
  const count = (keys: Iterable<string>) =>
    Array.from(keys, (key) => learnt.get(key) ?? 0).reduce((sum, each) => sum + each, 0);
  const [known, ofNamed] = [new Set<string>(), new Set<string>()];
  const counted = sets.map(({ block, named, found }) => {
    const own = [...found].filter((key) => !known.has(key));
    for (const key of found) {
      known.add(key);
      if (named) ofNamed.add(key);
    }
    return { block, named, tokens: count(found), first: count(own) };
  });
  const told = counted
    .filter((set) => set.named || set.tokens > 0)
    .sort((a, b) => Number(b.named) - Number(a.named) || b.first - a.first)
    .slice(0, MOST_SHOWN_SETS)
    .map(({ named: _, ...set }) => set);
  const named = count(ofNamed);
  const all = { documents: learnt.size, tokens: count(learnt.keys()) };
  return { ...all, named, unnamed: count(known) - named, sets: told };
}

/**
 * Whether a training can be of the data it is said to be of. `AUDIT_DATASETS`: too little of the shown documents stands in the named sets;
 * `AUDIT_DATASET_UNNAMED`: it stands in approved sets that are not named.
 */
export function checkData(
  { tokens, named, unnamed }: DataFigures,
  { named: stated, approvedOnly }: StatedData,
): Result<void> {
  const least = (approvedOnly ? LEAST_NAMED.approved : LEAST_NAMED.any) * tokens;
  if ((stated.length === 0 && !approvedOnly) || named >= least) return ok();
  const isUnnamed = approvedOnly && named + unnamed >= least;
  const message = isUnnamed
    ? `${unnamed} of ${tokens} learnt tokens that were shown stand in approved datasets that are not named`
    : `only ${named} of ${tokens} learnt tokens that were shown stand in the named datasets`;
  return err(
    new CodedError(isUnnamed ? 'AUDIT_DATASET_UNNAMED' : 'AUDIT_DATASETS', message, {
      ...{ tokens, named, unnamed },
    }),
  );
}

/** What is found besides: `DATASET_UNNAMED`, `DATASET_NOT_SHOWN`. @param stated blocks of chain D */
export function dataNotes({ tokens, unnamed, sets }: DataFigures, stated: readonly string[]): Reason[] {
  const notes: Reason[] = [];
  if (unnamed > 0) {
    const detail = `${unnamed} of ${tokens} learnt tokens that were shown stand in approved datasets that are not named`;
    notes.push({ code: 'DATASET_UNNAMED', detail });
  }
  const empty = sets.filter((set) => stated.includes(set.block) && set.tokens === 0);
  if (empty.length > 0) {
    const detail = `none of the shown documents stands in ${empty.map(({ block }) => block).join(', ')}`;
    notes.push({ code: 'DATASET_NOT_SHOWN', detail });
  }
  return notes;
}

/** The figures as a part of a sentence. */
export function dataDetail({ documents, tokens, named, unnamed }: DataFigures): string {
  const others = unnamed === 0 ? '' : `, ${unnamed} in approved ones that are not named`;
  return `of ${tokens} learnt tokens of ${documents} shown documents ${named} stand in the named datasets${others}`;
}
