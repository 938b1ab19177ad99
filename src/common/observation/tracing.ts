import { Injectable } from '@nestjs/common';
import type { Tracer } from '@opentelemetry/api';

/** Where modules get what they trace with; null while nobody collects traces, so that nothing is done for them. */
@Injectable()
export class Tracing {
  private current: Tracer | null = null;

  /** The tracer, or null. */
  get tracer(): Tracer | null {
    return this.current;
  }

  /** From now on spans are made with this; null ends it. */
  use(tracer: Tracer | null): void {
    this.current = tracer;
  }
}
