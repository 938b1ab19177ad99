import type { AgentMeasurement } from '../../api/monitoring.js';

type Whose = Pick<AgentMeasurement, 'node' | 'instance'>;

/** What a server is called where several have measured: its name, and what tells it from others of that name. */
export function serverName({ node, instance }: Whose): string {
  return instance === null ? node : `${node} ${instance}`;
}

/** The servers that measured, by name. What was measured before servers of one name were told apart names none of them. */
export function serversOf(items: readonly Whose[]): string[] {
  const named = items.filter(({ instance }) => instance !== null);
  return [...new Set((named.length === 0 ? items : named).map(serverName))].sort();
}

/** What one server measured, and what was measured under its name before servers of one name were told apart. */
export function measuredBy<T extends Whose>(server: string, items: readonly T[]): T[] {
  return items.filter(
    (item) => serverName(item) === server || (item.instance === null && server.startsWith(`${item.node} `)),
  );
}
