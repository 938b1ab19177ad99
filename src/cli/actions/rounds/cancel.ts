import type { Json } from '../../../common/index.js';
import type { CommandContext } from '../../command-context.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { roundPath, roundText, type RoundView } from './round-view.js';

/** Ends a round before it has a result. */
export async function cancelRound(
  context: CommandContext,
  id: string,
  { reason, ...door }: ServerDoor & { readonly reason: string },
): Promise<void> {
  const path = roundPath(id, '/cancel');
  const round = await withServer(context, door, (server) => server.json<RoundView>('POST', path, { reason }));
  context.print(round as unknown as Json, roundText(round));
}
