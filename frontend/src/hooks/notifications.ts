import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { acknowledgeNotice, getNotifications, testChannel } from '../api/notifications.js';
import { useLiveTopic } from './live.js';

/** Deliveries move without a notice of their own; they are asked for again this often, ms. */
const ASK_AGAIN_MS = 5_000;
const KEY = ['notifications'];

/** Channels and the last notices, as they are now. */
export function useNotifications() {
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: KEY });
  useLiveTopic('alerts', refresh);
  useLiveTopic('guardian', refresh);
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => getNotifications(signal),
    refetchInterval: ASK_AGAIN_MS,
  });
}

/** Sends a test by a channel. */
export function useChannelTest(channel: string) {
  return useMutation({ mutationFn: () => testChannel(channel) });
}

/** Says that somebody has seen a notice. */
export function useNoticeAnswer(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => acknowledgeNotice(id, reason),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
