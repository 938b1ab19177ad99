import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { getConsistency, getLogKey } from '../api/log.js';
import { isRecord } from '../api/problem.js';
import { watchLog, type LogMemory } from '../verify/log-watch.js';
import { useCheckpoint } from './system.js';

const MEMORY = 'stemma.log-memory';

/** Whether each checkpoint the server publishes continues the log that this browser saw before. */
export function useLogWatch() {
  const queries = useQueryClient();
  const note = useCheckpoint().data?.note;
  const watch = useQuery({
    queryKey: ['log-watch', note],
    enabled: note !== undefined,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const published = { note: note ?? '', key: await getLogKey(signal), now: Date.now() };
      const watched = await watchLog(recall(), published, (first, second) =>
        getConsistency(first, second, signal),
      );
      if (watched.ok) localStorage.setItem(MEMORY, JSON.stringify(watched.memory));
      return watched;
    },
  });
  const forget = (): void => {
    localStorage.removeItem(MEMORY);
    void queries.invalidateQueries({ queryKey: ['log-watch'] });
  };
  return { watch, forget };
}

function recall(): LogMemory | null {
  const value: unknown = JSON.parse(localStorage.getItem(MEMORY) ?? 'null');
  return isRecord(value) && isRecord(value.first) && isRecord(value.last)
    ? (value as unknown as LogMemory)
    : null;
}
