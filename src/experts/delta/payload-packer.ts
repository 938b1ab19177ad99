import { Injectable, Logger } from '@nestjs/common';
import {
  BlockReader,
  BlockStores,
  DELTA_LIMITS,
  makeDelta,
  PayloadForms,
  type SnapshotReason,
} from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { PackCandidates, type PackCandidate } from './pack-candidates.js';
import { deltaSections } from './sections.js';

const HOUR_MS = 3_600_000;
/** Deltas that are tried in one run at most; the others follow in the next. */
const MOST_TRIED = 200;

/** What a run has done. */
export interface PackReport {
  /** Deltas that were made, and their bytes beside those of the payloads they stand for. */
  readonly made: number;
  readonly deltaBytes: number;
  readonly payloadBytes: number;
  /** Payloads that lie as deltas only from now on, and the bytes their files had. */
  readonly packed: number;
  readonly freedBytes: number;
  /** Payloads that are whole for good from now on. */
  readonly keptWhole: number;
}

/**
 * Keeps the payloads of experts that came from others as deltas: makes each delta once, removes (only where `DELTA_COLD_HOURS` asks for it)
 * the whole file of one that was not in use for long and that no live release has, and turns a chain that has become long, large or slow into a whole payload again. No hash changes
 * by any of it, so that it may happen at any time, and be undone.
 */
@Injectable()
export class PayloadPacker {
  private readonly logger = new Logger('Payloads');
  private readonly forms: PayloadForms;

  constructor(
    private readonly config: AppConfig,
    private readonly stores: BlockStores,
    private readonly reader: BlockReader,
    private readonly candidates: PackCandidates,
  ) {
    this.forms = new PayloadForms(stores.payloads);
  }

  /** Does what is due, one payload after the other. @param isOver asked before each: whether to end here */
  async run(isOver: () => boolean = () => false): Promise<PackReport> {
    const report = { made: 0, deltaBytes: 0, payloadBytes: 0, packed: 0, freedBytes: 0, keptWhole: 0 };
    const live = await this.candidates.live();
    let tried = 0;
    for await (const candidate of this.candidates.all()) {
      if (isOver() || tried >= MOST_TRIED) break;
      if (await this.isNew(candidate.payload)) tried++;
      const done = await this.see(candidate, live.has(candidate.payload), report);
      if (done.ok) continue;
      this.logger.warn(`payload ${candidate.payload} stays as it is: ${done.error.message}`);
      // A disk that takes no more takes nothing from the next one either.
      if (done.error.code.startsWith('STORAGE_')) break;
    }
    if (report.made + report.packed + report.keptWhole > 0) this.logger.log(summary(report));
    return report;
  }

  /** Whether it was never decided how a payload is to lie. */
  private async isNew(payload: string): Promise<boolean> {
    return !(await this.forms.isSnapshot(payload)) && !(await this.forms.hasDelta(payload));
  }

  private async see(
    candidate: PackCandidate,
    isLive: boolean,
    report: Writable<PackReport>,
  ): Promise<Result<void>> {
    const { payload, size } = candidate;
    if (await this.forms.isSnapshot(payload)) return ok();
    if (await this.forms.hasDelta(payload)) {
      if (!(await this.forms.isFile(payload))) return ok();
    } else {
      const made = await this.make(candidate, report);
      if (!made.ok || !made.value) return made.ok ? ok() : made;
      const reason = await this.forms.reasonAgainst(payload, size);
      if (!reason.ok) return reason;
      if (reason.value !== null) return this.keepWhole(payload, reason.value, report);
    }
    const { deltaColdHours: hours, deltaLoadMs } = this.config;
    if (isLive || hours === 0) return ok();
    const packed = await this.forms.pack(payload, Date.now() - hours * HOUR_MS, deltaLoadMs);
    if (!packed.ok) return packed;
    if (packed.value.slow) return this.keepWhole(payload, 'slow', report);
    if (!packed.value.removed) return ok();
    report.packed++;
    report.freedBytes += size;
    return ok();
  }

  /** @returns whether there is a delta now */
  private async make(
    { block, payload, size, parent }: PackCandidate,
    report: Writable<PackReport>,
  ): Promise<Result<boolean>> {
    const headers = await this.reader.headers([block, parent]);
    const [own, before] = [headers.get(block)?.header, headers.get(parent)?.header];
    const fits = before?.payload_size === size && size <= DELTA_LIMITS.payloadBytes;
    if (own === undefined || before === undefined || !fits || before.payload_hash === payload)
      return ok(false);
    const bytes = await this.stores.payloads.read(payload);
    if (!bytes.ok) return bytes;
    const parentPayload = await this.stores.payloads.read(before.payload_hash);
    if (!parentPayload.ok) return parentPayload;
    const sections = deltaSections(own, bytes.value);
    if (!sections.ok) return sections;
    const source = {
      parent,
      parentPayload: parentPayload.value,
      payload: bytes.value,
      sections: sections.value,
    };
    const delta = await makeDelta(source);
    if (!delta.ok) return delta;
    const [small, most] = [delta.value.length, size * DELTA_LIMITS.share];
    if (small > most) {
      const kept = await this.keepWhole(payload, 'ratio', report);
      return kept.ok ? ok(false) : kept;
    }
    const stored = await this.forms.keepDelta(delta.value);
    if (!stored.ok && stored.error.code === 'DELTA_BLOCK_CHAIN') {
      const kept = await this.keepWhole(payload, 'chain', report);
      return kept.ok ? ok(false) : kept;
    }
    if (!stored.ok) return stored;
    report.made++;
    report.deltaBytes += small;
    report.payloadBytes += size;
    return ok(true);
  }

  private async keepWhole(
    payload: string,
    reason: SnapshotReason,
    report: Writable<PackReport>,
  ): Promise<Result<void>> {
    const kept = await this.forms.keepWhole(payload, reason);
    if (!kept.ok) return kept;
    report.keptWhole++;
    this.logger.log(`payload ${payload} is kept whole: ${REASONS[reason]}`);
    return ok();
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const REASONS: Readonly<Record<SnapshotReason, string>> = {
  chain: `more than ${DELTA_LIMITS.chain} deltas lie on each other`,
  size: 'its deltas together are more than half as large',
  slow: 'making it from its deltas takes too long',
  ratio: 'a delta would be more than half as large',
};

function summary({ made, deltaBytes, payloadBytes, packed, freedBytes, keptWhole }: PackReport): string {
  const parts = [
    made > 0 ? `${made} deltas made (${deltaBytes} bytes for ${payloadBytes})` : '',
    packed > 0 ? `${packed} payloads packed (${freedBytes} bytes freed)` : '',
    keptWhole > 0 ? `${keptWhole} payloads kept whole` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
