import { bytes, json, nothing, type Answers } from '../open-api-success.js';

const SUBMISSION =
  '{submission_id, model, author, state, code, detail, parent_release, blocks: [{name, hash, parent}], domains, datasets, overall, verdict_block, release, version, decision, created_at, updated_at}';
const DATASET =
  '`{id, name, version, creator, licence, source, files, bytes, sha256, root, stage, reasons, note, actor, at, audit, vote, appeal, appeal_until, tier, …}` (docs/formats/dataset.md)';
const DATASET_UPLOAD = '`{upload_id, chunk_bytes, bytes, received, work: {challenge, bits}}`';
const LINEAGE = '{blocks: [{hash, name, model}], releases: [{hash, model, version, blocks}], truncated}';
const TRANSFER =
  'transfer, sequence, kind, debit, credit, amount, pending_id, code, reference, block, log_index, at, corrected';
const REMOVAL =
  '{removal_id, model, base_release, experts: [{name, block}], reason, state, code, detail, figures: {overall, domains}, worse: [{code, detail}], release, version, decision, created_at, updated_at}';
const ROUND =
  '{round_id, model, release, experts, announced_by, state, code, detail, due_at, is_over, aggregator, faulty, minimum, most, members, committed, revealed, aggregate, submission_id, result: {state, code, version, overall}, created_at, updated_at}';
const ROUND_DETAIL = `\`${ROUND}\` and \`terms, noise, outcome, members_list: [{author, joined_at, commitment, committed_at, update, bytes, revealed_at, code}]\` (docs/formats/round.md)`;
const SEALED_SET = '{commitment: {version, model, root, domains, draws, context}, left}';

const EXPERT_LINEAGE =
  '`{model, live: {release, version}, live_block, items, next_cursor}`; an item is `{submission_id, author, state, judged_at, blocks: [{name, block, parent, parent_name, live, parent_live}], datasets: [{block, dataset, name, version}], overall, domains, verdict_block, release, version}`, a gain `{fall, low, high}`';

/** How operations of datasets, learning and rewards answer. */
export const LEARNING_ANSWERS: Answers = {
  DatasetUploadsController_upload: { 200: json(`Multipart: ${DATASET}. JSON: ${DATASET_UPLOAD}`) },
  DatasetUploadsController_state: { 200: json(DATASET_UPLOAD) },
  DatasetUploadsController_chunk: { 200: json(DATASET_UPLOAD) },
  DatasetUploadsController_complete: { 200: json(DATASET) },
  DatasetUploadsController_discard: { 204: nothing('It is gone, or was not there') },
  DatasetsController_list: { 200: json(`\`{items, next_cursor}\`; an item is ${DATASET}`) },
  DatasetsController_one: {
    200: json(
      `${DATASET} and \`{stages: [{block, index, leaf, stage, timestamp}], votes: {yes, no}, own_vote}\``,
    ),
  },
  DatasetsController_report: { 200: json('The report, as docs/formats/quality-report.md has it') },
  DatasetsController_lineage: { 200: json(`\`${LINEAGE}\``) },
  DatasetsController_vote: { 200: json('`{round, approve}`') },
  DatasetDecisionsController_appeal: { 200: json(DATASET) },
  DatasetDecisionsController_answer: { 200: json(DATASET) },
  DatasetDecisionsController_quarantine: { 200: json(DATASET) },
  DatasetDecisionsController_release: { 200: json(DATASET) },
  DatasetDecisionsController_withdraw: { 200: json(`${DATASET} and \`lineage: ${LINEAGE}\``) },
  LearningController_submit: {
    200: json(`The same submission was here already: \`${SUBMISSION}\``),
    202: json(`Taken: \`${SUBMISSION}\``),
  },
  LearningController_list: { 200: json(`\`{items: [${SUBMISSION}], next_cursor}\``) },
  LearningController_one: {
    200: json(
      `\`${SUBMISSION}\` and \`statement, signature, checks: [{name, passed, code, detail, figures, took_ms}], beacon, opening, verdict, verdict_hash\``,
    ),
  },
  LearningController_manifest: {
    200: json('The manifest as it was sent (docs/formats/training-manifest.md)'),
  },
  LearningController_terms: { 200: json('`{required, updates}`; 0 updates: no training is audited') },
  OpeningsController_chunk: { 200: json('`{submission_id, chunk_bytes, received, complete}`') },
  LearningController_beacons: {
    200: json(
      '`{items: [{submission_id, model, state, submission_index, nonce_index, size, root}], next_cursor}`; `root` is the root over the first `size` leaves of the log',
    ),
  },
  LearningController_leaderboard: {
    200: json(
      '`{items: [{author, accepted, released, rejected, gained, trust}]}`; `gained` 0.1 is ten percent less loss',
    ),
  },
  FilterController_filter: {
    200: json(
      '`{filter, experience}`; `filter` is null while there are too few verdicts, else `{input, trained_at, threshold, accepted, rejected, precision, recall, unused, bias, features}`',
    ),
  },
  LineageController_model: { 200: json(EXPERT_LINEAGE) },
  LineageController_expert: { 200: json(EXPERT_LINEAGE) },
  RemovalsController_ask: {
    200: json(`The same removal was here already: \`${REMOVAL}\``),
    202: json(`Taken: \`${REMOVAL}\``),
  },
  RemovalsController_list: { 200: json(`\`{items: [${REMOVAL}], next_cursor}\``) },
  RemovalsController_one: {
    200: json(`\`${REMOVAL}\` and \`statement, beacon, effect, effect_hash\` (docs/formats/removal.md)`),
  },
  SealedSetsController_commit: {
    200: json(`The same commitment was here already: \`${SEALED_SET}\``),
    201: json(`Taken: \`${SEALED_SET}\``),
  },
  SealedSetsController_list: {
    200: json(`\`{items, next_cursor}\`; an item is \`${SEALED_SET}\` with \`created_at\``),
  },
  SealedSetsController_of: {
    200: json(
      '`{version, subject, verdict, commitment, log: {set, subject, nonce}, draws, examples}` (docs/formats/sealed-set.md)',
    ),
  },
  RoundsController_announce: { 201: json(ROUND_DETAIL) },
  RoundsController_list: { 200: json(`\`{items: [${ROUND}], next_cursor}\``) },
  RoundsController_one: { 200: json(ROUND_DETAIL) },
  RoundsController_join: { 200: json(ROUND_DETAIL) },
  RoundsController_commit: { 200: json(ROUND_DETAIL) },
  RoundsController_reveal: { 200: json(ROUND_DETAIL) },
  RoundsController_cancel: { 200: json(ROUND_DETAIL) },
  RoundsController_update: { 200: bytes('The update, as docs/formats/delta.md lays it out') },
  RewardsController_balance: {
    200: json(
      '`{account, asset, balance, available, debits: {pending, posted}, credits: {pending, posted}}`; units as strings of digits',
    ),
  },
  RewardsController_statement: {
    200: json(
      `\`{items, next_cursor}\`; an item is \`{${TRANSFER}}\`; \`corrected\` is what others have given back of it`,
    ),
  },
  RewardsController_transfer: {
    200: json(
      `\`{${TRANSFER}, correctable}\`; \`correctable\` is what can still be given back of it, in units`,
    ),
  },
  RewardsController_policyInForce: {
    200: json(
      '`{supply, yearly_cap, learning_per_percent, dataset_share, usage, alpha, beta, catalyst, least_payout, epoch_ms}`',
    ),
  },
  EpochsController_list: {
    200: json('`{items, next_cursor}`; an item is `{epoch, hash, log_index, first, end, at, input, totals}`'),
  },
  EpochsController_one: {
    200: json('`{epoch, hash, log_index, record}`; the record as docs/formats/epoch.md says'),
  },
  DepositsController_deposit: {
    200: json('`{transfer, account, amount}`; the same deposit again is the same transfer'),
  },
  ScoresController_commit: { 200: json('`{leaf}`: where in the log the commitment is') },
  ScoresController_reveal: { 200: json('`{leaf}`: where in the log the score is') },
  SolvencyController_totals: {
    200: json('`{block, accounts, root, sum, issued}`; units as strings of digits'),
  },
  SolvencyController_proof: {
    200: json(
      '`{format, asset, block, account, salt, balance, path: [{side, hash, sum}], root, sum}`, as docs/formats/solvency.md says',
    ),
  },
};
