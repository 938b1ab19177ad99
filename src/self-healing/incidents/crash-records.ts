import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { EventBus } from '../../common/index.js';
import { AppConfig, type AbnormalEnd } from '../../config/index.js';
import { RulesInForce } from '../patterns/rules-in-force.js';
import { CrashWatch } from '../vitals/crash-watch.js';
import { Incident } from './incident.js';
import { IncidentStore } from './incident-store.js';

const CAUSE = 'process_crashed';

/** A server that starts writes an incident for every earlier one that ended though nobody told it to: those could not. */
@Injectable()
export class CrashRecords implements OnApplicationBootstrap {
  constructor(
    private readonly config: AppConfig,
    private readonly watch: CrashWatch,
    private readonly rules: RulesInForce,
    private readonly store: IncidentStore,
    private readonly events: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.healing !== 'off') void this.write();
  }

  /** Writes what was not told of yet; each end has one incident, however often this is begun. */
  async write(): Promise<void> {
    const untold = this.watch.untold();
    if (untold.length === 0) return;
    for (const end of untold) this.tell(end);
    await this.store.flush();
    // What waits for the database is written by the next start as well, under the same id, if this one does not live to do it.
    if (this.store.waiting === 0) this.watch.told(untold);
  }

  private tell({ id, at, how }: AbnormalEnd): void {
    const summary = `The server ended though nobody told it to: ${how}`;
    const symptom = { cause: CAUSE, summary, evidence: { how }, match: 1 } as const;
    const incident = new Incident(CAUSE, this.rules.current[CAUSE].severity, at, symptom, `incident_${id}`);
    incident.move('resolved', 'it runs again');
    this.store.save(incident);
    this.events.emit('incident.changed', {
      ...{ incident: incident.id, cause: CAUSE, remedy: null, state: incident.state, detail: summary },
    });
  }
}
