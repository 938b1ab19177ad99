import {
  json,
  text,
  bytes,
  lines,
  nothing,
  JSON_TYPE,
  BYTES_TYPE,
  type Answers,
} from '../open-api-success.js';

const BLOCKS = json('`{items: [{hash, header, …}]}`');
const PUBLISHED = '`{items: [{hash, index, created, name}]}`; `created` is false for a block that was there';
const UPLOAD = '`{upload_id, account, chunk_bytes, blocks: [{hash, payload_hash, size, received}]}`';

/** How operations of the log, the chains and the models on them answer. */
export const CHAIN_ANSWERS: Answers = {
  LogController_checkpoint: { 200: text('A signed note (C2SP tlog-checkpoint)') },
  LogController_key: { 200: text('The verifier key (C2SP vkey) and a line feed') },
  LogController_tile: { 200: bytes('The tile or bundle, as C2SP tlog-tiles lays it out; it never changes') },
  LogController_inclusion: {
    200: json('`{index, size, leaf_hash, path, checkpoint}`; `path` from the leaf upwards (RFC 6962)'),
  },
  LogController_consistency: { 200: json('`{first, second, path}` (RFC 6962)') },
  LogController_entries: { 200: json('`{items, next_cursor}`') },
  SnapshotsController_create: { 200: lines('Lines of JSON: progress, at the end `{report}` or `{error}`') },
  FsckController_run: { 200: lines('Lines of JSON: progress, at the end `{report}` or `{error}`') },
  ChainController_status: { 200: json('`{chains: [{id, height, head}]}`') },
  ChainController_part: { 200: json('`{nodes, edges, truncated}`; an edge leads to a block that is needed') },
  ChainController_list: { 200: json('`{items: [{hash, header, …}], next_cursor}`') },
  ChainController_publish: {
    200: json('The block was there already; `created` is false'),
    201: json('The block is new; `created` is true'),
  },
  ChainController_block: {
    200: json(
      'The block: its hash, header and place, and `uploaded_by`: the account that uploaded it, or null',
    ),
  },
  ChainController_parents: { 200: BLOCKS },
  ChainController_children: { 200: BLOCKS },
  PayloadController_delta: { 200: bytes('The delta block; whoever applies it checks the hashes it names') },
  PayloadController_payload: {
    200: { description: 'The whole payload', types: [BYTES_TYPE, JSON_TYPE] },
    206: { description: 'The range that was asked for', types: [BYTES_TYPE, JSON_TYPE] },
    304: nothing('The client has it: `If-None-Match` names its hash'),
  },
  GenesisController_hash: { 200: json('`{chain, hash, timestamp}`') },
  GgufController_file: { 200: bytes('The file; `Content-Length` is known from the start') },
  ImportController_import: { 200: lines('Lines of JSON: progress, at the end `{release}` or `{error}`') },
  ModelsController_list: { 200: json('`{items: [{name, live, releases}], next_cursor}`') },
  ModelsController_releases: {
    200: json('`{items: [{release, index, model, version, dtype, …, live}], next_cursor}`'),
  },
  ModelsController_promote: {
    200: json('The release; `moved` is false when it was live already; `decision` says how it was decided'),
    202: json('`{model, version, live: false, moved: false, decision}`: a guardian has been asked'),
  },
  ExpertsController_top: { 200: json('`{items: [{name, model, block, uses, …}], next_cursor, total}`') },
  ExpertsController_stats: { 200: json('`{name, uses, releases}`') },
  ExpertsController_cache: {
    200: json(
      '`{policy, bytes, budget, slots, hits, misses, evictions, failures, hit_rate, load_ms, prefetch: {loads, used, precision, recall}, lab: {model, policy, hit_rate, optimum, curves: [{experts, bytes, hit_rates}], …}}`; `lab` is null before `stemma cache-lab` has run',
    ),
  },
  TraceController_trace: { 200: bytes('The trace, as docs/formats/routing-trace.md lays it out') },
  UploadController_upload: { 200: json(`Multipart: ${PUBLISHED}. JSON: ${UPLOAD}`) },
  UploadController_state: { 200: json(UPLOAD) },
  UploadController_discard: { 204: nothing('It is gone, or was not there') },
  UploadController_chunk: { 200: json(UPLOAD) },
  UploadController_delta: { 200: json(UPLOAD) },
  UploadController_complete: { 200: json(PUBLISHED) },
};
