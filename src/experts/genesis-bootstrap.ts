import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { BlockAuthor } from '../chain/index.js';
import { unwrap, type CodedError } from '../common/index.js';
import { HealthRegistry, type HealthReport } from '../common/observation/health-registry.js';
import { packageRoot } from '../common/installation.js';
import { AppConfig } from '../config/index.js';
import { Importer } from './import/importer.js';
import { Promotion } from './releases/promotion.js';
import { ReleaseCatalog } from './releases/release-catalog.js';

/** Brings the release table up to the chain and, where there is no model at all, imports the one that comes with Stemma. */
@Injectable()
export class GenesisBootstrap implements OnApplicationBootstrap {
  private readonly logger = new Logger('Experts');
  /** Why the genesis model is not there. */
  private refusal: CodedError | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly catalog: ReleaseCatalog,
    private readonly importer: Importer,
    private readonly promotion: Promotion,
    private readonly author: BlockAuthor,
    health: HealthRegistry,
  ) {
    health.register({ name: 'models', check: () => this.health() });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.catalog.sync();
    const models = await this.catalog.models();
    for (const { name, liveRelease } of models) if (liveRelease === null) await this.promoteFirst(name);
    if (this.config.importGenesis && models.length === 0) await this.importGenesis();
  }

  /** Finishes what a crash between a first release and its promotion has left. */
  private async promoteFirst(model: string): Promise<void> {
    const [first] = await this.catalog.releases(model);
    if (first !== undefined)
      unwrap(await this.promotion.promote(model, first.version, this.author.publicKey, true));
  }

  private async importGenesis(): Promise<void> {
    const started = performance.now();
    const imported = await this.importer.import(join(packageRoot(), 'models', 'genesis'), {
      name: 'genesis',
    });
    if (!imported.ok) {
      this.refusal = imported.error;
      this.logger.error(
        `the genesis model could not be imported: ${imported.error.code} ${imported.error.message}`,
      );
      return;
    }
    const { model, version, blocks } = imported.value;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    this.logger.log(`imported ${model}@${version}: ${blocks} weight blocks in ${seconds} s`);
  }

  /** Without a live release nothing can be answered, but everything else works. */
  private async health(): Promise<HealthReport> {
    const models = await this.catalog.models();
    const live = models.filter(({ liveRelease }) => liveRelease !== null).map(({ name }) => name);
    if (live.length > 0)
      return { status: 'ok', detail: `live: ${live.slice(0, 10).join(', ')}`, facts: { live: live.length } };
    const why =
      this.refusal === null
        ? 'import one: stemma import <folder>'
        : `${this.refusal.message} [${this.refusal.code}]`;
    return { status: 'degraded', detail: `no model is live; ${why}` };
  }
}
