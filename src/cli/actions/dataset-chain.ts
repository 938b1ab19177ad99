import { CodedError, type Json } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import { withServer, type ServerDoor } from '../server-door.js';

/** A dataset as the commands print it. */
interface DatasetLine {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly stage: string;
  readonly reasons: readonly string[];
  readonly bytes: number;
}

interface Lineage {
  readonly blocks: readonly {
    readonly hash: string;
    readonly name: string | null;
    readonly model: string | null;
  }[];
  readonly releases: readonly { readonly hash: string; readonly model: string | null }[];
}

const MOST = 200;

/** Prints datasets, newest first. */
export async function listDatasets(
  context: CommandContext,
  options: ServerDoor & { readonly stage?: string; readonly limit: string },
): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new CodedError('USAGE', `--limit is a whole number from 1 to ${MOST}`);
  const query = new URLSearchParams({ limit: String(limit), ...(options.stage && { stage: options.stage }) });
  const { items } = await withServer(context, options, (server) =>
    server.json<{ items: DatasetLine[] }>('GET', `/datasets?${query.toString()}`),
  );
  const lines = items.map(({ id, name, version, stage, reasons, bytes }) =>
    [id, stage.padEnd(12), `${name} ${version}`.padEnd(32), `${bytes} bytes`, reasons.join(', ')]
      .join('  ')
      .trimEnd(),
  );
  context.print({ datasets: items as unknown as Json }, lines.join('\n') || 'no datasets');
}

/** Votes on a dataset. */
export async function voteOnDataset(
  context: CommandContext,
  id: string,
  choice: 'for' | 'against',
  options: ServerDoor,
): Promise<void> {
  const path = `/datasets/${encodeURIComponent(id)}/vote`;
  await withServer(context, options, (server) => server.json('POST', path, { approve: choice === 'for' }));
  context.print({ dataset: id, vote: choice }, `voted ${choice} ${id}`);
}

/** Takes a dataset back, and prints what was trained on it. */
export async function withdrawDataset(
  context: CommandContext,
  id: string,
  options: ServerDoor & { readonly reason: string },
): Promise<void> {
  const path = `/datasets/${encodeURIComponent(id)}/withdraw`;
  const { lineage } = await withServer(context, options, (server) =>
    server.json<{ lineage: Lineage }>('POST', path, { reason: options.reason }),
  );
  const lines = [
    `${id} is withdrawn; ${lineage.blocks.length} blocks were trained on it, ${lineage.releases.length} releases serve them`,
    ...lineage.blocks.map(({ hash, model, name }) => `${hash}  ${model ?? ''} ${name ?? ''}`.trimEnd()),
  ];
  context.print({ dataset: id, lineage: lineage as unknown as Json }, lines.join('\n'));
}
