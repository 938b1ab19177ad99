import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemClock, type Json } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MachineVitals, ObservationStore } from '../../monitoring/index.js';
import { LoadWatch, type Load } from './load-watch.js';
import { SharedReleaseFigures } from './release-figures.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Observations that "usual" is made from: a day of rounds every five minutes. */
const USUAL = 288;
/** Outcomes of an action that count, and changes that are looked at for those taken back. */
const MOST_OUTCOMES = 50;
const MOST_CHANGES = 10;

/** How the server serves, as measured; shares are 0 to 1. */
export interface Service {
  readonly load: Load;
  /** 95 % of the first tokens of the last five minutes came within so long, ms; null without answers. */
  readonly firstTokenMs: number | null;
  /** The same figure's median over the last day, ms; null where nothing was recorded. */
  readonly usualFirstTokenMs: number | null;
  /** Answers of the last hour or two, and those that failed. */
  readonly answers: number;
  readonly failed: number;
  /** Of the machine, or of the control group that limits this server. */
  readonly memoryFree: number;
}

/** How earlier changes went. */
export interface History {
  /** Recorded outcomes of the same action, and those that helped. */
  readonly tried: number;
  readonly helped: number;
  /** Share of the last changes of the size that were taken back. */
  readonly takenBack: number;
}

/** Measures what speaks for and against changing how the server serves. */
@Injectable()
export class ServiceEvidence {
  constructor(
    private readonly dataSource: DataSource,
    private readonly watch: LoadWatch,
    private readonly figures: LiveFigures,
    private readonly observations: ObservationStore,
    private readonly served: SharedReleaseFigures,
    private readonly machine: MachineVitals,
  ) {}

  /** How it serves now. */
  async service(): Promise<Service> {
    const now = systemClock.now();
    const { load } = this.watch;
    const { first_token_count: count = 0, first_token_p95_ms: p95 = 0 } = this.figures.read();
    const [seen, lately, memory] = await Promise.all([
      this.observations.ownSince('performance', now - DAY_MS, USUAL),
      this.served.between(now - HOUR_MS, now),
      this.machine.memory(),
    ]);
    const usual = seen
      .filter(({ measures }) => (measures.first_token_count ?? 0) > 0)
      .map(({ measures }) => measures.first_token_p95_ms)
      .toSorted((a, b) => a - b);
    return {
      load,
      firstTokenMs: count === 0 ? null : p95,
      usualFirstTokenMs: usual.at(Math.floor(usual.length / 2)) ?? null,
      ...lately,
      memoryFree: 1 - memory.share,
    };
  }

  /** What became of earlier actions of that name, whoever wanted them, and of changes of the size. */
  async history(action: string): Promise<History> {
    const [[outcomes], [changes]] = await Promise.all([
      this.dataSource.query<{ tried: string; helped: string }[]>(
        `SELECT count(*) AS tried, count(*) FILTER (WHERE helped) AS helped FROM (
           SELECT helped FROM decisions WHERE action = $1 AND helped IS NOT NULL ORDER BY position DESC LIMIT $2) AS last`,
        [action, MOST_OUTCOMES],
      ),
      this.dataSource.query<{ all: string; back: string }[]>(
        `SELECT count(*) AS all, count(*) FILTER (WHERE state = 'undone') AS back FROM (
           SELECT state FROM decisions WHERE helped IS NOT NULL
             AND action IN ('scale_up', 'scale_down', 'add_replicas', 'remove_replicas')
             AND acted_at > now() - interval '24 hours' ORDER BY position DESC LIMIT $1) AS last`,
        [MOST_CHANGES],
      ),
    ]);
    const all = Number(changes.all);
    return {
      ...{ tried: Number(outcomes.tried), helped: Number(outcomes.helped) },
      takenBack: all === 0 ? 0 : Number(changes.back) / all,
    };
  }
}

/** Both as evidence for whoever must decide. */
export function evidenceOf(service: Service, history: History): Readonly<Record<string, Json>> {
  return { ...service, ...history, load: { ...service.load } };
}
