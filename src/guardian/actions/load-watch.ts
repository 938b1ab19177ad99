import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { EngineSizing } from './engine-sizing.js';

const LOOK_MS = 1_000;
/** How far back "lately" and "lasting" look, in looks: a minute and ten minutes. */
const LATELY = 60;
const LASTING = 600;

/** How busy this server's engine is. */
export interface Load {
  /** Answers computed and waiting now. */
  readonly active: number;
  readonly queued: number;
  readonly streams: number;
  /** Share of the streams that answers are computed or waited for on: now, or over the last minute if that is more; 0 to 1. */
  readonly busy: number;
  /** Share of the last minute in which nothing was computed and nobody waited; 0 if somebody does now. */
  readonly idle: number;
  /** For how long, without a break, it was at least half idle or at least half busy: 1 is ten minutes. */
  readonly idleFor: number;
  readonly busyFor: number;
}

/** One look: share of the streams that are taken, 0 to 1. */
type Look = number;

/** Looks at the engine once a second and remembers ten minutes. */
@Injectable()
export class LoadWatch implements OnModuleInit, OnModuleDestroy {
  private readonly looks: Look[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly figures: LiveFigures,
    private readonly sizing: EngineSizing,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** How busy it is, including now. */
  get load(): Load {
    const active = this.figures.one('active_answers') ?? 0;
    const queued = this.figures.one('queue_depth') ?? 0;
    const { streams } = this.sizing.current;
    return { active, queued, streams, ...loadOf([...this.looks, taken(active, queued, streams)]) };
  }

  private look(): void {
    const { active, queued, streams } = this.load;
    this.looks.push(taken(active, queued, streams));
    if (this.looks.length > LASTING) this.looks.shift();
  }
}

/** What looks, one a second and the newest last, say together. */
export function loadOf(looks: readonly Look[]): Pick<Load, 'busy' | 'idle' | 'idleFor' | 'busyFor'> {
  const now = looks.at(-1) ?? 0;
  const lately = looks.slice(-LATELY);
  const mean = lately.reduce((sum, look) => sum + look, 0) / Math.max(1, lately.length);
  const still = lately.filter((look) => look === 0).length / Math.max(1, lately.length);
  const unbroken = (holds: (look: Look) => boolean) =>
    (looks.length - 1 - looks.findLastIndex((look) => !holds(look))) / LASTING;
  return {
    busy: Math.max(now, mean),
    idle: now === 0 ? still : 0,
    idleFor: Math.min(
      1,
      unbroken((look) => look < 0.5),
    ),
    busyFor: Math.min(
      1,
      unbroken((look) => look >= 0.5),
    ),
  };
}

function taken(active: number, queued: number, streams: number): Look {
  return Math.min(1, (active + queued) / streams);
}
