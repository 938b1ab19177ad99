import { Injectable } from '@nestjs/common';
import { REMEDIES, type RemedyName } from '../patterns/healing-rules.js';
import { BlobRemedy } from './blob-remedy.js';
import { DatabaseRemedies } from './database-remedies.js';
import { EngineRemedies } from './engine-remedies.js';
import { MachineRemedies } from './machine-remedies.js';
import type { Remedy } from './remedy.js';
import { ServerRemedy } from './server-remedy.js';
import { WorkerRemedy } from './worker-remedy.js';

/** Every remedy by its name. A name of the rules without a remedy is a bug. */
@Injectable()
export class RemedyBox {
  private readonly remedies: ReadonlyMap<RemedyName, Remedy>;

  constructor(
    engine: EngineRemedies,
    machine: MachineRemedies,
    database: DatabaseRemedies,
    blobs: BlobRemedy,
    server: ServerRemedy,
    workers: WorkerRemedy,
  ) {
    const places = [engine, machine, database, blobs, server, workers];
    const all = places.flatMap((place) => place.all);
    this.remedies = new Map(all.map((remedy) => [remedy.name, remedy]));
    const missing = REMEDIES.find((name) => !this.remedies.has(name));
    if (missing !== undefined) throw new Error(`nothing does ${missing}`);
  }

  /** The remedy of a name. */
  get(name: RemedyName): Remedy {
    return this.remedies.get(name) as Remedy;
  }

  /** Every remedy. */
  get all(): readonly Remedy[] {
    return [...this.remedies.values()];
  }
}
