import type { MeasuringServer } from '../../api/monitoring.js';

/** What a server is called where several have measured: its name, and what tells it from others of that name. */
export function serverName({ node, instance }: MeasuringServer): string {
  return instance === null ? node : `${node} ${instance}`;
}
