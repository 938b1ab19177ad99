import { unwrap, type Json } from '../../../common/index.js';
import { parseTerms } from '../../../learning/index.js';
import type { CommandContext } from '../../command-context.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import {
  privacyText,
  roundLine,
  roundPath,
  roundText,
  type RoundDetail,
  type RoundView,
} from './round-view.js';

/** Rounds a list shows. */
const SHOWN = 100;

/** Prints the newest rounds. */
export async function listRounds(context: CommandContext, door: ServerDoor): Promise<void> {
  const { items } = await withServer(context, door, (server) =>
    server.json<{ items: RoundView[] }>('GET', `/learning/rounds?limit=${SHOWN}`),
  );
  const text = items.length === 0 ? 'Nobody has announced a round yet.' : items.map(roundLine).join('\n');
  context.print(items as unknown as Json, text);
}

/** Prints a round. */
export async function showRound(context: CommandContext, id: string, door: ServerDoor): Promise<void> {
  const round = await withServer(context, door, (server) => server.json<RoundDetail>('GET', roundPath(id)));
  const members = round.members_list.map(
    ({ author, commitment, update, code }) => `  ${author}  ${standing(commitment, update, code)}`,
  );
  const { privacy } = unwrap(parseTerms(round.terms));
  const text = [roundText(round), ...(privacy === undefined ? [] : [privacyText(privacy)]), ...members];
  context.print(round as unknown as Json, text.join('\n'));
}

function standing(commitment: string | null, update: string | null, code: string | null): string {
  if (code !== null) return `refused [${code}]`;
  if (update !== null) return `has shown ${update}`;
  return commitment === null ? 'has joined' : 'has committed';
}
