import { Injectable } from '@nestjs/common';
import { hashHeader } from '../../chain/index.js';
import { CodedError, EventBus, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { Transactions } from '../../database/index.js';
import { ROLLOUT_BUSY } from '../../experts/index.js';
import { LogAppender } from '../../log/index.js';
import { Beacons } from '../beacon/beacons.js';
import { failed, passed } from '../checks/check-outcome.js';
import { DatasetGate } from '../checks/dataset-gate.js';
import { replacedBy } from '../checks/form.js';
import type { SubmissionState } from '../submission/states.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { SubmissionStore, type SubmissionChanges } from '../submission/submission-store.js';
import type { Verdict } from '../verdict/verdict.js';
import { ComparedModelsSource, type ComparedModels } from './compared-models.js';
import { Judgement } from './judgement.js';
import { LEARNING_ACTOR, Publication } from './publication.js';
import { paidBefore } from './paid-before.js';
import { MOST_WAIT_MS, RivalSource } from './rivals.js';
import { ROLLOUT_LOOK_MS } from './rollout.js';
import { Screening } from './screening.js';
import { TrainingAudit } from './training-audit.js';

/** What comes after a step: the next one at once, the same one later, or nothing until something happens. */
export type AfterStep = 'next' | { readonly againAfterMs: number } | 'wait';

/** How long the log may take to publish a leaf: then it is looked at again. */
const LOG_MS = 250;
/** How often an opening is looked for, of whose end nobody has told, ms. */
const OPENING_MS = 60_000;
/** What the live release refuses of new experts, at whatever time it is asked. */
const HAS_NO_PLACE: readonly string[] = ['SUBMISSION_OUTDATED', 'WEIGHTS_OUT_OF_SHAPE'];
/** Times progress is told of during an evaluation. */
const TELLINGS = 50;

/** The work in each state of a submission. Each step may be cut off at any point and done again. */
@Injectable()
export class SubmissionSteps {
  constructor(
    private readonly store: SubmissionStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly beacons: Beacons,
    private readonly models: ComparedModelsSource,
    private readonly datasets: DatasetGate,
    private readonly screening: Screening,
    private readonly audit: TrainingAudit,
    private readonly judgement: Judgement,
    private readonly publication: Publication,
    private readonly events: EventBus,
    private readonly rivals: RivalSource,
  ) {}

  /** Does what is next. Refuses with what may succeed later, such as an engine that is busy. */
  async step(row: SubmissionRow, signal: AbortSignal): Promise<Result<AfterStep>> {
    if (row.state === 'received') return this.screen(row, signal);
    if (row.state === 'prefiltered') return this.commitNonce(row);
    if (row.state === 'waiting_beacon') return this.draw(row);
    if (row.state === 'waiting_opening') return this.replay(row, signal);
    if (row.state === 'waiting_decision') return this.waitForRivals(row);
    if (row.state === 'evaluating') return this.evaluate(row, signal);
    if (row.state === 'accepted') return this.release(row);
    return ok('wait');
  }

  /** Gives a submission up that could not be measured. It is nobody's fault: trust does not look at it. */
  async giveUp(row: SubmissionRow, { code, message }: CodedError): Promise<void> {
    const why = { code: 'SUBMISSION_NOT_MEASURED', detail: `it could not be measured: ${message} [${code}]` };
    await this.publication.reject(row, why, { checks: row.checks, counts: false });
    this.tell(row, 'rejected');
  }

  private async screen(row: SubmissionRow, signal: AbortSignal): Promise<Result<AfterStep>> {
    const models = await this.compared(row);
    if (!models.ok) return models;
    if (models.value === null) return ok('wait');
    const found = await this.screening.check(row, models.value, signal);
    if (!found.ok) return found;
    const checks = [...row.checks, ...found.value];
    const bad = found.value.find((check) => !check.passed);
    if (bad === undefined) return this.move(row, 'prefiltered', { checks });
    await this.publication.reject(
      row,
      { code: bad.code ?? '', detail: bad.detail },
      // What was only guessed from others costs nobody trust.
      { checks, counts: bad.name !== 'learnt_filter' },
    );
    this.tell(row, 'rejected');
    return ok('wait');
  }

  private async commitNonce(row: SubmissionRow): Promise<Result<AfterStep>> {
    if (!(await this.beacons.isLogged(row.id))) return ok({ againAfterMs: LOG_MS });
    await this.transactions.run(async (manager) => {
      const held = await this.store.hold(manager, row.id, 'prefiltered');
      await this.store.move(manager, held, 'waiting_beacon');
      await this.beacons.commit(manager, row.id, LEARNING_ACTOR);
    });
    this.log.committed();
    this.tell(row, 'waiting_beacon');
    return ok('next');
  }

  private async draw(row: SubmissionRow): Promise<Result<AfterStep>> {
    const beacon = await this.beacons.of(row.id);
    if (beacon === null) return ok({ againAfterMs: LOG_MS });
    const opening = await this.audit.ask(row, beacon);
    return opening === null
      ? this.move(row, 'evaluating', { beacon })
      : this.move(row, 'waiting_opening', { beacon, opening });
  }

  /** Waits until the drawn updates of the training are shown, and makes them again. */
  private async replay(row: SubmissionRow, signal: AbortSignal): Promise<Result<AfterStep>> {
    const { opening } = row;
    if (opening === null) throw new Error(`${row.id} waits for an opening that nobody asked for`);
    // Of a set that was withdrawn since, the file may be gone in which the shown documents are looked for.
    const gate = await this.datasets.check(row.statement.datasets);
    if (!gate.ok) return this.end(row, gate.error);
    const progress = (done: number) => this.tell(row, 'waiting_opening', done, opening.updates.length);
    const found = await this.audit.check(row, opening, { signal, progress });
    if (!found.ok) return found;
    if ('waitMs' in found.value) return ok({ againAfterMs: Math.min(found.value.waitMs, OPENING_MS) });
    const { check } = found.value;
    const checks = [...row.checks, check];
    if (check.passed) return this.move(row, 'evaluating', { checks });
    const why = { code: check.code ?? '', detail: check.detail };
    await this.publication.reject(row, why, { checks, counts: true });
    this.tell(row, 'rejected');
    return ok('wait');
  }

  private async evaluate(row: SubmissionRow, signal: AbortSignal): Promise<Result<AfterStep>> {
    if (row.beacon === null) throw new Error(`${row.id} is evaluated without a beacon`);
    // A set may have been withdrawn since, and again while answers are computed.
    const before = await this.datasets.check(row.statement.datasets);
    if (!before.ok) return this.end(row, before.error);
    const { accepted, undecided } = await this.rivals.of(row);
    if (undecided !== null) return this.standBack(row, undecided);
    await this.publication.putBack(row);
    const models = await this.compared(row);
    if (!models.ok) return models;
    if (models.value === null) return ok('wait');
    const began = performance.now();
    const progress = (done: number, total: number) => {
      if (done % Math.ceil(total / TELLINGS) === 0) this.tell(row, 'evaluating', done, total);
    };
    const paid = paidBefore(accepted, models.value.live.weights);
    const judged = await this.judgement.judge(row, row.beacon, models.value, { signal, progress, paid });
    if (!judged.ok) return judged;
    const after = await this.datasets.check(row.statement.datasets);
    if (!after.ok) return this.end(row, after.error);
    const known = new Set(accepted.map(({ id }) => id));
    return this.conclude(row, judged.value, performance.now() - began, known);
  }

  /** Waits while another submission of the same expert is accepted and not decided: compared with the live release, its gain would count twice. */
  private standBack(row: SubmissionRow, rival: string): Promise<Result<AfterStep>> {
    const detail = `${rival} is of the same expert, or new in the same layer, and whether it goes live is not decided: this one is compared with what is live then`;
    return this.move(row, 'waiting_decision', { code: 'EXPERT_UNDECIDED', detail });
  }

  /** Looked at again with every release that goes live, and every few seconds. */
  private async waitForRivals(row: SubmissionRow): Promise<Result<AfterStep>> {
    const { undecided } = await this.rivals.of(row);
    if (undecided === null) return this.move(row, 'evaluating', { code: null, detail: null });
    if (!(await this.rivals.isOverdue(row))) return ok('wait');
    const message = `nobody has decided about ${undecided}, which is of the same expert or new in the same layer, for ${MOST_WAIT_MS / 86_400_000} days: hand it in again later`;
    return this.end(row, new CodedError('DECISION_LATE', message));
  }

  private async conclude(
    row: SubmissionRow,
    verdict: Verdict,
    tookMs: number,
    rivals: ReadonlySet<string>,
  ): Promise<Result<AfterStep>> {
    const { fall, low, high } = verdict.figures.overall;
    const doubts = (verdict.notes ?? []).filter(({ code }) => code === 'DOMAIN_UNCERTAIN');
    const shares = [fall, low, high].map((share) => `${(share * 100).toFixed(2)} %`);
    const figures = { fall, low, high };
    if (verdict.accepted) {
      const gain = `the loss falls by ${shares[0]} (${shares[1]} to ${shares[2]})`;
      const unpaid = verdict.rewarded?.reason;
      const notes = [
        ...doubts.map((doubt) => `in doubt: ${doubt.detail}`),
        ...(unpaid ? [unpaid.detail] : []),
      ];
      const detail = [gain, ...notes].join('; ');
      const checks = [...row.checks, passed('evaluation', detail, figures, tookMs)];
      const published = await this.publication.accept(row, verdict, checks, rivals);
      // It is known as a rival from here on, and this one begins its evaluation anew.
      if (!published.ok && published.error.code === 'EXPERT_UNDECIDED') return ok('next');
      if (!published.ok) return published;
      this.tell(row, 'accepted');
      return ok('next');
    }
    const why = {
      code: verdict.reasons[0].code,
      detail: verdict.reasons.map(({ detail }) => detail).join('; '),
    };
    const checks = [...row.checks, failed('evaluation', why, figures, tookMs)];
    await this.publication.reject(row, why, { checks, verdict, counts: true });
    this.tell(row, 'rejected');
    return ok('wait');
  }

  /** Publishes the release, asks for its promotion, and sees whether it is live. */
  private async release(row: SubmissionRow): Promise<Result<AfterStep>> {
    const live = await this.publication.live(row.model);
    if (!live.ok) return live;
    const places = row.headers.map((header) => ({
      is: live.value.weights.get(header.name ?? '')?.block,
      own: hashHeader(header, nativeSha256),
      before: replacedBy(header),
    }));
    if (places.every(({ is, own }) => is === own)) return this.move(row, 'released');
    if (places.some(({ is, own, before }) => is !== own && is !== before)) {
      const detail = 'another version of the same expert went live first';
      return this.move(row, 'superseded', { code: 'SUBMISSION_SUPERSEDED', detail });
    }
    if (row.version === null) {
      const published = await this.publication.release(row, live.value);
      if (!published.ok && HAS_NO_PLACE.includes(published.error.code)) {
        const detail = published.error.message;
        return this.move(row, 'superseded', { code: 'SUBMISSION_SUPERSEDED', detail });
      }
      if (!published.ok) return published;
      const { release, version } = published.value;
      await this.change(row, { release, version });
      return ok('next');
    }
    if (!(await this.publication.isOn(row, live.value))) return this.anew(row);
    if (await this.publication.isSuperseded(row)) {
      await this.change(row, { decision: null });
      return ok('next');
    }
    if (row.decision !== null || row.code !== null) return ok('wait');
    const asked = await this.publication.ask(row, row.version, live.value);
    if (!asked.ok && asked.error.code === ROLLOUT_BUSY) return ok({ againAfterMs: ROLLOUT_LOOK_MS });
    if (!asked.ok && (asked.error.status >= 500 || asked.error.code === 'RELEASE_BASE_MOVED')) return asked;
    if (asked.ok) await this.change(row, { decision: asked.value ?? 'none' });
    else await this.change(row, { code: asked.error.code, detail: asked.error.message });
    return ok(asked.ok ? 'next' : 'wait');
  }

  /** What went live since would be lost with this release: another one is made on top of it, unless somebody has said no. */
  private async anew(row: SubmissionRow): Promise<Result<AfterStep>> {
    if (await this.publication.isDeclined(row)) return ok('wait');
    await this.change(row, { release: null, version: null, decision: null, code: null, detail: null });
    return ok('next');
  }

  /** Null where the submission has ended because it is outdated. */
  private async compared(row: SubmissionRow): Promise<Result<ComparedModels | null>> {
    const models = await this.models.of(row);
    if (models.ok || !HAS_NO_PLACE.includes(models.error.code)) return models;
    await this.end(row, models.error);
    return ok(null);
  }

  /** Ends a submission because of what has happened since it was made: trust does not look at it. */
  private async end(row: SubmissionRow, { code, message: detail }: CodedError): Promise<Result<AfterStep>> {
    await this.publication.reject(row, { code, detail }, { checks: row.checks, counts: false });
    this.tell(row, 'rejected');
    return ok('wait');
  }

  private async move(
    row: SubmissionRow,
    to: SubmissionState,
    changes: SubmissionChanges = {},
  ): Promise<Result<AfterStep>> {
    await this.transactions.run(async (manager) =>
      this.store.move(manager, await this.store.hold(manager, row.id, row.state), to, changes),
    );
    this.tell(row, to);
    return ok('next');
  }

  private async change(row: SubmissionRow, changes: SubmissionChanges): Promise<void> {
    await this.transactions.run(async (manager) => {
      await this.store.hold(manager, row.id, row.state);
      await this.store.change(manager, row.id, changes);
    });
  }

  private tell({ id, model }: SubmissionRow, state: SubmissionState, done = 0, total = 0): void {
    this.events.emit('submission.changed', { submission: id, model, state, done, total });
  }
}
