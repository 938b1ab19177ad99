import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { BlockStores } from '../../chain/index.js';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DamageWatch, type KnownDamage } from '../vitals/damage-watch.js';
import { fromOwnDelta, fromPeerDelta } from './delta-sources.js';
import { nothingTouched, type Remedy } from './remedy.js';

/** Longest time a peer may take for one payload, ms. */
const PEER_MS = 60_000;
const MOST_BYTES = 16 * 2 ** 30;

/** Gets damaged payloads again from their own deltas, a backup folder or another node. Nothing is taken that does not have the right hash. */
@Injectable()
export class BlobRemedy {
  readonly all: readonly Remedy[];

  constructor(
    private readonly config: AppConfig,
    private readonly stores: BlockStores,
    private readonly damage: DamageWatch,
  ) {
    this.all = [
      {
        name: 'refetch_blob',
        expectedEffect: 'the damaged payloads are whole again',
        blastRadius:
          'only files whose bytes are wrong already; what is put in their place has the right hash',
        blastShare: nothingTouched,
        undo: 'nothing to undo: a payload is what its hash says or it is not taken',
        act: () => this.refetch(),
      },
    ];
  }

  private async refetch(): Promise<string> {
    const { blobBackupDir, blobPeerUrl } = this.config;
    const { deltas } = this.stores.payloads;
    const known: (KnownDamage & { payload: string })[] = [];
    for (const damage of await this.damage.look())
      if (damage.payload !== null) known.push({ ...damage, payload: damage.payload });
    const helped = await Promise.all(known.map(({ payload }) => deltas.has(payload)));
    if (blobBackupDir === null && blobPeerUrl === null && !helped.includes(true))
      throw new CodedError('NO_BLOB_SOURCE', 'neither BLOB_BACKUP_DIR nor BLOB_PEER_URL is set');
    const restored: string[] = [];
    let refused: CodedError | null = null;
    for (const damage of known) {
      const done = await this.restore(damage, damage.payload);
      if (done.ok) restored.push(damage.name);
      else refused ??= done.error;
    }
    // One that cannot be had keeps no other one damaged; it is told of once nothing else could be done.
    if (restored.length === 0 && refused !== null) throw refused;
    if (restored.length === 0) throw new CodedError('NO_BLOB_KNOWN', 'the payload is not known by hash yet');
    return `restored ${restored.join(', ')}`;
  }

  private async restore(damage: KnownDamage, payload: string): Promise<Result<void>> {
    const reasons: string[] = [];
    const sources = [
      () => fromOwnDelta(this.stores, payload),
      () => this.fromBackup(payload),
      () => this.fromPeerDelta(damage.block),
      () => this.fromPeer(damage.block),
    ];
    for (const source of sources) {
      const staged = await source().catch((thrown: unknown) => messageOf(thrown));
      if (staged === null) continue;
      const taken =
        typeof staged === 'string'
          ? err(new Error(staged))
          : await this.take(staged instanceof Uint8Array ? [staged] : staged, payload);
      if (taken.ok) return ok();
      reasons.push(taken.error.message);
    }
    return err(new CodedError('BLOB_NOT_RESTORED', `${damage.name}: ${reasons.join('; ')}`));
  }

  /** Puts it in the place of the damaged file if it is what it should be. */
  private async take(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    payload: string,
  ): Promise<Result<void, Error>> {
    const staged = await this.stores.payloads.stage(bounded(source));
    if (!staged.ok) return staged;
    if (staged.value.hash !== payload) {
      await this.stores.payloads.discard(staged.value);
      return err(new Error('the copy is damaged, too'));
    }
    const { payloads } = this.stores;
    return payloads.exclusively(payload, async () => {
      await payloads.whole.remove(payload);
      return payloads.putAll([{ hash: payload, content: { path: staged.value.path } }]);
    });
  }

  /** A backup keeps payloads as this node does, in folders by their first two digits, or all in one. */
  private async fromBackup(payload: string): Promise<AsyncIterable<Uint8Array> | null> {
    const { blobBackupDir: folder } = this.config;
    if (folder === null) return null;
    for (const path of [join(folder, payload.slice(0, 2), payload), join(folder, payload)])
      if (await isThere(path)) return createReadStream(path);
    throw new Error('the backup does not have it');
  }

  private async fromPeerDelta(block: string): Promise<Uint8Array | null> {
    const { blobPeerUrl } = this.config;
    return blobPeerUrl === null ? null : fromPeerDelta(this.stores, block, (path) => ask(blobPeerUrl, path));
  }

  private async fromPeer(block: string): Promise<AsyncIterable<Uint8Array> | null> {
    const { blobPeerUrl } = this.config;
    if (blobPeerUrl === null) return null;
    const response = await ask(blobPeerUrl, `/chain/B/blocks/${block}/payload`);
    if (!response.ok || response.body === null) throw new Error(`the peer answered ${response.status}`);
    return response.body;
  }
}

function ask(peer: string, path: string): Promise<Response> {
  return fetch(new URL(path, peer), { signal: AbortSignal.timeout(PEER_MS), redirect: 'error' });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function* bounded(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('it is larger than any payload');
    yield chunk;
  }
}
