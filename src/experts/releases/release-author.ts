import { Injectable } from '@nestjs/common';
import { BlockAuthor, BlockPublisher, BlockReader } from '../../chain/index.js';
import { canonicalJson, CodedError, err, ok, utf8ToBytes, type Result } from '../../common/index.js';
import { parseModelConfig, type ModelConfig } from '../model-config.js';
import { readJsonPayload } from './json-payload.js';
import { provenanceIn, provenanceJson, type Provenance } from '../provenance/provenance.js';
import { Promotion } from './promotion.js';
import { ReleaseCatalog } from './release-catalog.js';
import { releasePayloadJson, type ReleasePayload } from './release-payload.js';
import type { ReleaseRow } from './release-table.js';
import {
  atLeast,
  formatVersion,
  mayFollow,
  nextFreeVersion,
  nextVersion,
  parseVersion,
  requiredChange,
  type Version,
} from './version.js';

/** What a release is to name. */
export interface ReleaseDraft {
  readonly model: string;
  /** Left out: the next one after the live release, as far as the change asks for. */
  readonly version?: string;
  readonly config: ModelConfig;
  readonly meta: string;
  readonly tokenizer: string | null;
  readonly weights: Readonly<Record<string, string>>;
  /** Fact for lists: `q8`, `f16`, `f32`. */
  readonly dtype: string;
  /** ms since the epoch; raised to the parent's time where that is later. */
  readonly timestamp: number;
  /** Where it comes from; null or left out: nobody says. */
  readonly provenance?: Provenance | null;
  /** The least step from its parent, where it is more than the architectures tell: `minor` for an expert in a place that was empty. */
  readonly least?: 'minor';
}

/** A release on the chain. */
export interface PublishedRelease {
  readonly release: string;
  readonly version: string;
  readonly parent: string | null;
  /** What its block states of where it comes from. */
  readonly provenance: Provenance | null;
  /** False where the model had a release of exactly this content already. */
  readonly created: boolean;
}

const FIRST_VERSION: Version = [1, 0, 0];

/** Writes release blocks: chooses or checks the version, never names the same content twice. */
@Injectable()
export class ReleaseAuthor {
  constructor(
    private readonly author: BlockAuthor,
    private readonly publisher: BlockPublisher,
    private readonly reader: BlockReader,
    private readonly catalog: ReleaseCatalog,
    private readonly promotion: Promotion,
  ) {}

  /** What blocks of releases are dated by, ms since the epoch. */
  now(): number {
    return this.author.now();
  }

  /**
   * Publishes a release; the first one of a model goes live. Refusals: `RELEASE_VERSION` (not SemVer, or too small a step
   * from its parent), `RELEASE_VERSION_TAKEN` (409: other content has that version), those of publishing.
   */
  async publish(draft: ReleaseDraft): Promise<Result<PublishedRelease>> {
    await this.catalog.sync();
    const releases = await this.catalog.releases(draft.model);
    const same = await this.findSame(draft, releases);
    if (same !== null)
      return this.finish(draft.model, same.row.version, {
        release: same.row.hash,
        parent: same.row.parent,
        provenance: same.provenance,
        created: false,
      });
    const live = (await this.catalog.models()).find(({ name }) => name === draft.model)?.liveRelease ?? null;
    const parent = releases.find(({ hash }) => hash === live) ?? releases.at(-1) ?? null;
    const version = await this.chooseVersion(draft, parent, releases);
    return version.ok ? this.write(draft, parent, version.value) : version;
  }

  private async write(
    draft: ReleaseDraft,
    parent: ReleaseRow | null,
    version: string,
  ): Promise<Result<PublishedRelease>> {
    const { model, meta, tokenizer, weights, dtype, provenance = null } = draft;
    const payload: ReleasePayload = {
      model,
      version,
      meta,
      tokenizer,
      weights,
      parent: parent?.hash ?? null,
    };
    const bytes = utf8ToBytes(canonicalJson(releasePayloadJson(payload)));
    const dependsOn = [meta, ...Object.values(weights), tokenizer, payload.parent].filter(
      (hash) => hash !== null,
    );
    const published = await this.publisher.appendLinear('A', async (head) => {
      const header = await this.author.create({
        chain: 'A',
        type: 'release',
        name: model,
        payload: bytes,
        payloadType: 'json',
        dependsOn,
        prevHash: head,
        metadata: {
          ...{ model, version, dtype },
          ...(provenance === null ? {} : { provenance: provenanceJson(provenance) }),
        },
        timestamp: Math.max(draft.timestamp, parent?.timestamp ?? 0),
      });
      return [{ header, payload: bytes }];
    });
    if (!published.ok) return published;
    await this.catalog.sync();
    return this.finish(model, version, {
      release: published.value[0].hash,
      parent: payload.parent,
      provenance,
      created: true,
    });
  }

  /** A model's first release goes live; also when a crash came between its block and its promotion. */
  private async finish(
    model: string,
    version: string,
    facts: Omit<PublishedRelease, 'version'>,
  ): Promise<Result<PublishedRelease>> {
    const promoted = await this.promotion.promote(model, version, this.author.publicKey, { onlyFirst: true });
    return promoted.ok ? ok({ ...facts, version }) : promoted;
  }

  /** A release of the same content. One that states another origin is another; a draft that states nothing takes any. */
  private async findSame(
    draft: ReleaseDraft,
    releases: readonly ReleaseRow[],
  ): Promise<{ row: ReleaseRow; provenance: Provenance | null } | null> {
    const asked = draft.provenance ?? null;
    for (const row of [...releases].reverse()) {
      if (row.meta !== draft.meta || row.tokenizer !== draft.tokenizer) continue;
      if (draft.version !== undefined && draft.version !== row.version) continue;
      const payload = await this.catalog.payload(row.hash);
      if (!payload.ok || canonicalJson(payload.value.weights) !== canonicalJson(draft.weights)) continue;
      const block = await this.reader.header(row.hash);
      const provenance = block === null ? null : provenanceIn(block.header.metadata);
      if (asked === null || sameStatement(asked, provenance)) return { row, provenance };
    }
    return null;
  }

  private async chooseVersion(
    draft: ReleaseDraft,
    parent: ReleaseRow | null,
    releases: readonly ReleaseRow[],
  ): Promise<Result<string>> {
    const given = draft.version === undefined ? null : parseVersion(draft.version);
    if (draft.version !== undefined && given === null) {
      return err(versionRefusal(draft.version, 'is not a version such as 1.0.0'));
    }
    const taken = new Set(releases.map(({ version }) => version));
    if (draft.version !== undefined && taken.has(draft.version)) {
      const message = `release ${draft.model}@${draft.version} exists with other content`;
      return err(new CodedError('RELEASE_VERSION_TAKEN', message, { version: draft.version }, 409));
    }
    if (parent === null) return ok(formatVersion(given ?? FIRST_VERSION));
    const before = parseVersion(parent.version) ?? FIRST_VERSION;
    const config = await this.configOf(parent);
    if (!config.ok) return config;
    const told = requiredChange(config.value, draft.config, parent.tokenizer === draft.tokenizer);
    const change = atLeast(told, draft.least ?? 'patch');
    if (given !== null) {
      if (mayFollow(before, given, change)) return ok(formatVersion(given));
      const least = formatVersion(nextVersion(before, change));
      return err(
        versionRefusal(
          formatVersion(given),
          `is too small a step: from ${parent.version} this is a ${change} change, at least ${least}`,
        ),
      );
    }
    return ok(formatVersion(nextFreeVersion(before, change, taken)));
  }

  private async configOf(release: ReleaseRow): Promise<Result<ModelConfig>> {
    const meta = await readJsonPayload(this.reader, release.meta);
    return meta.ok ? parseModelConfig(meta.value) : meta;
  }
}

function sameStatement(one: Provenance, other: Provenance | null): boolean {
  return other !== null && canonicalJson(provenanceJson(one)) === canonicalJson(provenanceJson(other));
}

function versionRefusal(version: string, why: string): CodedError {
  return new CodedError('RELEASE_VERSION', `version ${version} ${why}`, { version });
}
