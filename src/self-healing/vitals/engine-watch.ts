import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '../../common/index.js';
import { EngineHost } from '../../inference/index.js';

const MOST_CRASHES = 20;

/** Asks the engine for its figures again and again: one that hangs does not answer. Remembers deaths of its threads. */
@Injectable()
export class EngineWatch implements OnModuleInit, OnModuleDestroy {
  private question: { readonly engine: object; readonly askedAt: number } | null = null;
  private crashes: string[] = [];
  private shown: readonly string[] = [];
  private stop = (): void => undefined;

  constructor(
    private readonly host: EngineHost,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.stop = this.events.on('engine.crashed', ({ detail }) => {
      this.crashes = [...this.crashes, detail].slice(-MOST_CRASHES);
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** How long the engine has not answered, ms; every crash is shown at least once, and until the engine answers again. */
  look(): { running: boolean | null; silentMs: number; crashes: readonly string[] } {
    const engine = this.host.current;
    if (engine === null) {
      this.question = null;
      return { running: null, silentMs: 0, crashes: this.crashes };
    }
    if (this.question?.engine !== engine) this.ask(engine);
    const silentMs = performance.now() - (this.question?.askedAt ?? performance.now());
    this.shown = this.crashes;
    return { running: true, silentMs, crashes: this.crashes };
  }

  private ask(engine: NonNullable<EngineHost['current']>): void {
    const asked = { engine, askedAt: performance.now() };
    const { shown } = this;
    this.question = asked;
    void engine.stats().then(
      (stats) => {
        if (this.question === asked) this.question = null;
        if (stats.ok) this.crashes = this.crashes.filter((crash) => !shown.includes(crash));
      },
      () => undefined,
    );
  }
}
