import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlockReader, type StoredBlock } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ParameterIndex } from '../../experts/index.js';
import type { DomainFigures } from '../evaluation/acceptance.js';
import type { Verdict } from '../verdict/verdict.js';
import { readLineage, type LineageFilter, type LineageRow } from './lineage-rows.js';

/** By how much a loss fell, as a share of the loss before, with its 95 % interval. */
export type Gain = Pick<DomainFigures, 'fall' | 'low' | 'high'>;

/** A dataset that was trained on. Members are named as in JSON. */
export interface LineageDataset {
  /** Its block on chain D. */
  readonly block: string;
  /** Its id, name and version; null where the block is not one of a dataset here. */
  readonly dataset: string | null;
  readonly name: string | null;
  readonly version: string | null;
}

/** An expert that a submission made of another one. */
export interface LineageBlock {
  readonly name: string;
  readonly block: string;
  /** The block it was trained from. */
  readonly parent: string;
  /** The expert that block is, which a new expert does not share; null where the block is not known here. */
  readonly parent_name: string | null;
  /** Whether the live release has it. */
  readonly live: boolean;
  /** Whether it has the parent: what was accepted is not released yet, or was rolled back. */
  readonly parent_live: boolean;
}

/** An accepted submission: who made which experts of which, of what, and with what gain. Members are named as in JSON. */
export interface LineageStep {
  readonly submission_id: string;
  /** Key of the contributor. */
  readonly author: string;
  readonly state: string;
  readonly judged_at: Date;
  readonly blocks: readonly LineageBlock[];
  readonly datasets: readonly LineageDataset[];
  readonly overall: Gain;
  readonly domains: Readonly<Record<string, Gain>>;
  readonly verdict_block: string;
  readonly release: string | null;
  readonly version: string | null;
}

/** A part of the family tree of a model's experts, newest first. Members are named as in JSON. */
export interface Lineage {
  readonly model: string;
  /** The release that answers; null where none does. */
  readonly live: { readonly release: string; readonly version: string } | null;
  /** The expert of that name in the live release; null where it has none, or all experts are asked for. */
  readonly live_block: string | null;
  readonly items: readonly LineageStep[];
  readonly next_cursor: string | null;
}

/** Tells which experts descend from which, by the verdicts on them. */
@Injectable()
export class ExpertLineages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly index: ParameterIndex,
    private readonly reader: BlockReader,
  ) {}

  /** A page of the tree; `MODEL_UNKNOWN`, `EXPERT_UNKNOWN` (404) where neither a release nor a verdict knows of it. */
  async of(filter: LineageFilter): Promise<Result<Lineage>> {
    const { model, expert, limit } = filter;
    const live = await this.index.live(model);
    const rows = await readLineage(this.dataSource, { ...filter, limit: limit + 1 });
    const liveBlock = expert === undefined ? null : (live?.weights.get(expert)?.block ?? null);
    if (rows.length === 0) {
      const known = live !== null || (await this.index.models()).some(({ name }) => name === model);
      if (!known) return err(unknown('MODEL_UNKNOWN', `there is no model ${model}`, { model }));
      if (expert !== undefined && liveBlock === null && filter.before === undefined)
        return err(unknown('EXPERT_UNKNOWN', `${model} has no expert ${expert}`, { model, expert }));
    }
    const page = rows.slice(0, limit);
    const named = page.flatMap(({ verdict }) => [
      ...datasetsOf(verdict),
      ...verdict.blocks.map(({ parent }) => parent),
    ]);
    const known = await this.reader.headers([...new Set(named)]);
    const living = new Set(Array.from(live?.weights.values() ?? [], ({ block }) => block));
    return ok({
      ...{ model, live: live && { release: live.release, version: live.version }, live_block: liveBlock },
      items: page.map((row) => stepOf(row, expert, living, known)),
      next_cursor: rows.length > limit ? page[page.length - 1].position : null,
    });
  }
}

function stepOf(
  { state, verdict, verdictBlock, release, version, judgedAt }: LineageRow,
  expert: string | undefined,
  living: ReadonlySet<string>,
  known: ReadonlyMap<string, StoredBlock>,
): LineageStep {
  const { submission, author, figures } = verdict;
  const named = verdict.blocks.filter(({ name }) => expert === undefined || name === expert);
  return {
    ...{ submission_id: submission, author, state, judged_at: judgedAt },
    blocks: named.map(({ name, block, parent }) => ({
      ...{ name, block, parent, parent_name: known.get(parent)?.header.name ?? null },
      ...{ live: living.has(block), parent_live: living.has(parent) },
    })),
    datasets: datasetsOf(verdict).map((block) => datasetOf(block, known.get(block))),
    overall: gainOf(figures.overall),
    domains: Object.fromEntries(
      Object.entries(figures.domains).map(([name, domain]) => [name, gainOf(domain)]),
    ),
    ...{ verdict_block: verdictBlock, release, version },
  };
}

/** Those that are named, and those in which documents stand that were shown of the training. */
function datasetsOf({ datasets, data }: Verdict): string[] {
  const shown = data?.sets.filter(({ tokens }) => tokens > 0) ?? [];
  return [...new Set([...datasets, ...shown.map(({ block }) => block)])];
}

function datasetOf(block: string, stored: StoredBlock | undefined): LineageDataset {
  if (stored?.header.block_type !== 'dataset') return { block, dataset: null, name: null, version: null };
  const { name: dataset, metadata } = stored.header;
  const word = (value: unknown) => (typeof value === 'string' ? value : null);
  return { block, dataset, name: word(metadata.dataset), version: word(metadata.version) };
}

function gainOf({ fall, low, high }: DomainFigures): Gain {
  return { fall, low, high };
}

function unknown(code: string, message: string, facts: Readonly<Record<string, string>>): CodedError {
  return new CodedError(code, message, facts, 404);
}
