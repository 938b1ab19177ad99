import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { LiveConnection, type LiveMessage, type LiveState } from '../api/live.js';
import { MetricsHistory, type MetricsSample } from '../api/metrics.js';

/** The dashboard's one live connection. */
export const connection = new LiveConnection();
const history = new MetricsHistory();
history.follow(connection);

/** Opens the connection for as long as the frame is shown; what was missed for good is asked for anew. */
export function useLiveConnection(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const unwatch = connection.onGap(() => void queries.invalidateQueries());
    connection.start();
    return () => {
      unwatch();
      connection.stop();
    };
  }, [queries]);
}

/** Whether live data arrives. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(connection.watch, connection.current);
}

/** Calls the handler with every message of a topic while the component is shown. */
export function useLiveTopic(topic: string, handler: (message: LiveMessage) => void): void {
  const handle = useEffectEvent(handler);
  useEffect(
    () =>
      connection.onMessage((message) => {
        if (message.topic === topic) handle(message);
      }),
    [topic],
  );
}

/** The samples of the last fifteen minutes, oldest first. */
export function useMetrics(): readonly MetricsSample[] {
  return useSyncExternalStore(history.watch, history.current);
}

/**
 * What matters of the newest sample (null before the first), as a text or a number: whoever shows it is drawn again when that
 * changes, not every second.
 */
export function useNewestSample<T extends string | number | null>(
  select: (sample: MetricsSample | null) => T,
): T {
  return useSyncExternalStore(history.watch, () => select(history.current().at(-1) ?? null));
}
