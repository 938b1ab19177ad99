import { writeFile } from 'node:fs/promises';
import { unwrap, type Json } from '../../common/index.js';
import type { DatasetFiles, DatasetRecord, DatasetTier, Sampling } from '../../datasets/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';

interface SampleOptions {
  readonly tier: Sampling;
  readonly bytes: number;
  readonly seed: string;
  readonly out: string;
}

/** A dataset as the list of a server shows it, as far as a sample needs it. */
type ListedDataset = Pick<DatasetRecord, 'id' | 'name' | 'version' | 'licence' | 'sha256' | 'audit'> & {
  readonly block: string;
  readonly file_gone: boolean;
};

interface Page {
  readonly items: readonly ListedDataset[];
  readonly next_cursor: string | null;
}

const PAGE = 200;

/** Draws a training sample from the approved datasets of this data folder, and writes it with a manifest of where it comes from. */
export async function sampleDatasets(context: CommandContext, options: SampleOptions): Promise<void> {
  const { tier: sampling, bytes, seed, out } = options;
  const config = await context.config();
  const { DatasetFiles: Files, TIERS, writeSample } = await import('../../datasets/index.js');
  const { store } = new Files(config);
  const listed = await context.withApplication(async (host) => {
    const tiers = [];
    for (const tier of TIERS) tiers.push((await listTier(host, tier)).map((set) => ({ ...set, tier })));
    return tiers.flat();
  });
  const sources = listed
    .filter(({ file_gone: gone, audit }) => !gone && audit !== null)
    .map(({ id, name, version, tier, licence, block, sha256, audit }) => ({
      ...{ id, name, version, tier, licence, block, sha256 },
      ...{ documents: audit?.documents ?? 0, path: pathIn(store, sha256) },
    }));
  const manifest = unwrap(await writeSample(sources, { sampling, seed, bytes }, out));
  const described = `${out}.manifest.json`;
  await writeFile(described, `${JSON.stringify(manifest, null, 1)}\n`);
  const sets = manifest.sets.map(
    ({ name, version, tier, drawn }) => `  ${tier}  ${name} ${version}: ${drawn}`,
  );
  const lines = [
    `${manifest.documents} documents, ${manifest.bytes} bytes, in ${out}; where they come from is in ${described}`,
    ...sets,
    `train on it with --data ${out} --datasets ${manifest.sets.map(({ block }) => block).join(',')}`,
  ];
  context.print({ file: out, manifest: manifest as unknown as Json }, lines.join('\n'));
}

function pathIn(store: DatasetFiles['store'], sha256: string): string {
  const path = store.path(sha256);
  if (path === null) throw new Error('the files of datasets lie in a folder');
  return path;
}

/** All sets of a tier, page by page. */
async function listTier(host: CommandHost, tier: DatasetTier): Promise<ListedDataset[]> {
  const found: ListedDataset[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page = await pageOf(host, tier, cursor);
    found.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) return found;
  }
}

async function pageOf(host: CommandHost, tier: DatasetTier, cursor: string | null): Promise<Page> {
  if (host.kind === 'server') {
    const from = cursor === null ? '' : `&cursor=${cursor}`;
    return host.server.json<Page>('GET', `/datasets?stage=${tier}&limit=${PAGE}${from}`);
  }
  const { DatasetRows } = await import('../../datasets/index.js');
  const filter = { stage: tier, limit: PAGE, ...(cursor !== null && { before: cursor }) };
  const rows = await host.application.get(DatasetRows).list(filter);
  const items = rows.map(({ record, block, fileGone }) => ({ ...record, block, file_gone: fileGone }));
  return { items, next_cursor: rows.length === PAGE ? rows[PAGE - 1].position : null };
}
