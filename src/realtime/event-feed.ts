import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventBus, type StemmaEvents } from '../common/index.js';
import { LiveFigures } from '../common/observation/live-figures.js';
import { FanOut } from './fan-out.js';
import type { Topic } from './topics.js';

const FIGURES_EVERY_MS = 1_000;
/** Routing is drawn at 10 Hz; more would only cost. */
const ROUTING_EVERY_MS = 100;
const MOST_RUNNING_ANSWERS = 1_000;

/** Which events go to which topic; null: they are nobody's outside of this process. */
const EVENT_TOPICS: { readonly [K in keyof StemmaEvents]: Topic | null } = {
  'block.accepted': 'chain',
  'block.failed': 'chain',
  'release.live': 'chain',
  'log.checkpoint': 'chain',
  'inference.started': 'inference',
  'inference.routing': 'inference',
  'inference.finished': 'inference',
  'import.progress': 'chain',
  'task.changed': 'tasks',
  'task.boundary': null,
  'task.alert': 'alerts',
  'mirror.progress': 'learning',
  'dataset.changed': 'learning',
  'submission.changed': 'learning',
  'round.changed': 'learning',
  'ledger.changed': 'rewards',
  'epoch.settled': 'rewards',
  'status.changed': 'metrics',
  'engine.crashed': 'incidents',
  'alert.raised': 'alerts',
  'alert.changed': 'alerts',
  'alert.written': null,
  'incident.changed': 'incidents',
  'decision.changed': 'decisions',
  'escalation.changed': 'guardian',
  'autonomy.changed': 'guardian',
};

/** Turns what happens in this process into notices, and reads the live figures once a second. */
@Injectable()
export class EventFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stops: (() => void)[] = [];
  private readonly lastRouting = new Map<string, number>();

  constructor(
    private readonly events: EventBus,
    private readonly figures: LiveFigures,
    private readonly fanOut: FanOut,
  ) {}

  onApplicationBootstrap(): void {
    for (const name of Object.keys(EVENT_TOPICS) as (keyof StemmaEvents)[]) {
      this.stops.push(this.events.on(name, (event) => this.pass(name, event)));
    }
    const timer = setInterval(
      () => this.publish('metrics', 'figures', this.currentFigures()),
      FIGURES_EVERY_MS,
    );
    this.stops.push(() => clearInterval(timer));
  }

  onModuleDestroy(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  private pass<K extends keyof StemmaEvents>(name: K, event: StemmaEvents[K]): void {
    if (name === 'inference.routing' && this.tooSoon((event as StemmaEvents['inference.routing']).id)) return;
    if (name === 'inference.finished')
      this.lastRouting.delete((event as StemmaEvents['inference.finished']).id);
    const topic = EVENT_TOPICS[name];
    const only = name === 'task.changed' ? (event as StemmaEvents['task.changed']).owner : undefined;
    if (topic !== null) this.publish(topic, name, event, only);
  }

  private tooSoon(id: string): boolean {
    const now = performance.now();
    if (now - (this.lastRouting.get(id) ?? -Infinity) < ROUTING_EVERY_MS) return true;
    if (this.lastRouting.size >= MOST_RUNNING_ANSWERS) this.lastRouting.clear();
    this.lastRouting.set(id, now);
    return false;
  }

  private currentFigures(): Readonly<Record<string, number>> {
    return {
      ...this.figures.read(),
      resident_memory_bytes: process.memoryUsage.rss(),
      uptime_seconds: Math.round(process.uptime()),
    };
  }

  private publish(topic: Topic, type: string, data: unknown, only?: string): void {
    this.fanOut.publish({ topic, type, data, at: Date.now(), ...(only !== undefined && { only }) });
  }
}
