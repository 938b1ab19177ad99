import { unwrap } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';

/** A release as the command prints it. */
interface ReleaseLine {
  readonly model: string;
  readonly version: string;
  readonly live: boolean;
  readonly dtype: string | null;
  readonly release: string;
}

const NOTHING = 'no models yet; import one: stemma import <folder>';

/** Prints every release and which of them serve. */
export async function listModels(context: CommandContext): Promise<void> {
  const releases = await context.withApplication(listReleases);
  const lines = releases.map(({ model, version, live, dtype, release }) =>
    [`${model}@${version}`.padEnd(28), live ? 'live' : '    ', (dtype ?? '').padEnd(4), release].join(' '),
  );
  context.print({ releases: releases.map((line) => ({ ...line })) }, lines.join('\n') || NOTHING);
}

/** Makes a release the live one of its model. @param name as in `genesis@1.0.1` */
export async function promoteModel(context: CommandContext, name: string): Promise<void> {
  const [model, version = ''] = name.split('@', 2);
  await context.withApplication((host) => promote(host, model, version));
  context.print({ model, version, live: true }, `${model}@${version} is live`);
}

async function listReleases(host: CommandHost): Promise<ReleaseLine[]> {
  if (host.kind === 'server') {
    const { items } = await host.server.json<{ items: { name: string }[] }>('GET', '/models?limit=1000');
    const pages = items.map(({ name }) =>
      host.server.json<{ items: ReleaseLine[] }>('GET', `/models/${name}/releases?limit=1000`),
    );
    return (await Promise.all(pages)).flatMap((page) => page.items.map(toLine));
  }
  const { ReleaseCatalog } = await import('../own-services.js');
  const catalog = host.application.get(ReleaseCatalog);
  const lines: ReleaseLine[] = [];
  for (const { name, liveRelease } of await catalog.models()) {
    for (const { hash, ...row } of (await catalog.releases(name)).toReversed()) {
      lines.push(toLine({ ...row, release: hash, live: hash === liveRelease }));
    }
  }
  return lines;
}

function toLine({ model, version, live, dtype, release }: ReleaseLine): ReleaseLine {
  return { model, version, live, dtype, release };
}

async function promote(host: CommandHost, model: string, version: string): Promise<void> {
  if (host.kind === 'application') {
    const { PromotionDoor } = await import('../own-services.js');
    const door = host.application.get(PromotionDoor);
    unwrap(await door.ask({ model, version, actor: 'command', mayOrder: true }));
  } else {
    const path = `/models/${encodeURIComponent(model)}/releases/${encodeURIComponent(version)}/promote`;
    await host.server.json('POST', path);
  }
}
