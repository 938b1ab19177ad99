import { Injectable } from '@nestjs/common';
import { BlockAuthor, BlockPublisher, BlockReader, hashHeader, type BlockInput } from '../../chain/index.js';
import { canonicalJson, ok, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  ArchitecturePublisher,
  modelConfigJson,
  type ModelConfig,
  type ReleaseDraft,
  type ReleaseView,
} from '../../experts/index.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { ReleaseGrowth, type GrownRouter, type Growth } from './growth.js';

/** What the release of a submission names, whether or not the model grows by it. */
export type ReleaseParts = Pick<ReleaseDraft, 'config' | 'meta' | 'weights' | 'timestamp' | 'least'>;

/** A submission, as far as its release needs it. */
export type SubmittedExperts = Pick<SubmissionRow, 'model' | 'headers'>;

/** Makes what the release with submitted experts consists of, new ones included. */
@Injectable()
export class GrownReleases {
  constructor(
    private readonly growth: ReleaseGrowth,
    private readonly architectures: ArchitecturePublisher,
    private readonly author: BlockAuthor,
    private readonly publisher: BlockPublisher,
    private readonly reader: BlockReader,
  ) {}

  /**
   * The parts of the release with these experts on top of the live one; for new ones the grown meta block and routers are published, or found
   * where they were published before. Refuses as `ReleaseGrowth.of` and with what publishing refuses with.
   */
  async parts(row: SubmittedExperts, live: ReleaseView): Promise<Result<ReleaseParts>> {
    const growth = await this.growth.of(live, row.headers);
    if (!growth.ok) return growth;
    const timestamp = Math.max(this.author.now(), ...row.headers.map((header) => header.timestamp));
    const weights = weightsOn(row, live);
    if (growth.value === null)
      return ok({ config: live.config, meta: live.meta, weights: Object.fromEntries(weights), timestamp });
    const { config } = growth.value;
    const architecture = await this.architectures.publish(
      row.model,
      modelConfigJson(config),
      null,
      timestamp,
    );
    if (!architecture.ok) return architecture;
    const { meta } = architecture.value;
    const routers = await this.publishRouters(row, growth.value, { meta, timestamp, dtype: live.dtype });
    if (!routers.ok) return routers;
    const all = new Map([...weights, ...routers.value]);
    return ok({ config, meta, weights: Object.fromEntries(all), timestamp, least: 'minor' });
  }

  /** Whether a release is the live one with these experts and nothing else. */
  async isOn(row: SubmittedExperts, own: ReleaseView, live: ReleaseView): Promise<boolean> {
    const growth = await this.growth.of(live, row.headers);
    if (!growth.ok || own.tokenizer !== live.tokenizer) return false;
    if (growth.value === null && own.meta !== live.meta) return false;
    if (growth.value !== null && !sameConfig(growth.value.config, own.config)) return false;
    const routers = new Map(growth.value?.routers.map((router) => [router.name, router.payloadHash]));
    return [...weightsOn(row, live)].every(([name, block]) => {
      const weight = own.weights.get(name);
      const grown = routers.get(name);
      return grown === undefined ? weight?.block === block : weight?.payloadHash === grown;
    });
  }

  private async publishRouters(
    { model, headers }: SubmittedExperts,
    { routers }: Growth,
    facts: { readonly meta: string; readonly timestamp: number; readonly dtype: string | null },
  ): Promise<Result<Map<string, string>>> {
    const found = new Map<string, string>();
    const missing: BlockInput[] = [];
    for (const router of routers) {
      const { name, layer, payload, payloadHash, tensors, parent } = router;
      const known = await this.find(model, router, facts.meta);
      if (known !== null) {
        found.set(name, known);
        continue;
      }
      const experts = headers
        .filter((header) => header.layer_id === layer)
        .map((header) => hashHeader(header, nativeSha256));
      const header = await this.author.create({
        ...{ chain: 'B', type: 'router', name, layer, payload, payloadType: 'tensorblock' },
        dependsOn: [facts.meta, parent, ...experts],
        metadata: {
          ...{ model, parent, tensors: tensors.map((tensor) => ({ ...tensor })) },
          ...(facts.dtype !== null && { dtype: facts.dtype }),
        },
        timestamp: facts.timestamp,
      });
      if (payloadHash !== header.payload_hash) throw new Error(`${name} was made in two ways`);
      missing.push({ header, payload });
      found.set(name, hashHeader(header, nativeSha256));
    }
    const published = missing.length === 0 ? ok() : await this.publisher.publish(missing);
    return published.ok ? ok(found) : published;
  }

  /** The block of a router that an earlier attempt has published. */
  private async find(
    model: string,
    { name, payloadHash }: GrownRouter,
    meta: string,
  ): Promise<string | null> {
    const asked = { type: 'router', name, model, payloadHash };
    const { items } = unwrap(await this.reader.list('B', asked, { limit: 100 }));
    return items.find(({ header }) => header.depends_on.includes(meta))?.hash ?? null;
  }
}

/** Which block each weight would be: those of the live release, and of a submission in their place or beside them. */
function weightsOn({ headers }: SubmittedExperts, live: ReleaseView): Map<string, string> {
  const before = [...live.weights.values()].map(({ name, block }) => [name, block] as const);
  const own = headers.map((header) => [header.name ?? '', hashHeader(header, nativeSha256)] as const);
  return new Map([...before, ...own]);
}

function sameConfig(one: ModelConfig, other: ModelConfig): boolean {
  return canonicalJson(modelConfigJson(one)) === canonicalJson(modelConfigJson(other));
}
