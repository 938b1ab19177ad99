import type { Operation } from './open-api-answers.js';

type Body = Exclude<NonNullable<Operation['requestBody']>, { $ref: string }>;
type Parameters = NonNullable<Operation['parameters']>;

/** Blocks that one upload takes. */
const MOST_BLOCKS = 32;

/** Expert blocks, in one request or as the opening of an upload in chunks. */
const UPLOAD: Body = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        description:
          'Blocks, one after another: each a field `header` followed by its file `payload`. All are published or none.',
        required: ['header', 'payload'],
        properties: {
          header: {
            type: 'array',
            minItems: 1,
            maxItems: MOST_BLOCKS,
            description: 'The signed header of a block, as JSON text; once per block, before its payload',
            items: { type: 'string' },
          },
          payload: {
            type: 'array',
            minItems: 1,
            maxItems: MOST_BLOCKS,
            description: 'The payload (TensorBlock) of the header before it, at most 1 GiB',
            items: { type: 'string', format: 'binary' },
          },
        },
        additionalProperties: false,
      },
      encoding: {
        header: { contentType: 'text/plain' },
        payload: { contentType: 'application/octet-stream' },
      },
    },
    'application/json': {
      schema: {
        type: 'object',
        required: ['headers'],
        properties: {
          headers: {
            type: 'array',
            minItems: 1,
            maxItems: MOST_BLOCKS,
            description: 'Signed headers of the blocks whose payloads will come in chunks',
            items: { type: 'object', additionalProperties: true },
          },
        },
        additionalProperties: false,
      },
    },
  },
};

/** A dataset, in one request or as the opening of an upload in chunks. */
const DATASET_DESCRIPTION = {
  type: 'object',
  required: ['name', 'version', 'licence', 'source', 'files'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' },
    version: { type: 'string', pattern: '^\\d{1,9}\\.\\d{1,9}\\.\\d{1,9}$' },
    licence: { type: 'string', maxLength: 512, description: 'An SPDX expression' },
    source: { type: 'string', maxLength: 500, description: 'Where the data comes from, in one line' },
    files: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: {
        type: 'object',
        required: ['name', 'bytes', 'sha256'],
        properties: {
          name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$' },
          bytes: { type: 'integer', minimum: 1 },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const;

const DATASET: Body = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['description', 'file'],
        properties: {
          description: { type: 'string', description: 'The description as JSON text, before the files' },
          nonce: {
            type: 'string',
            pattern: '^\\d{1,16}$',
            description: 'Proof of work; 0 where none is owed',
          },
          file: {
            type: 'array',
            minItems: 1,
            maxItems: 61,
            description: 'The files, in the order of the description',
            items: { type: 'string', format: 'binary' },
          },
        },
        additionalProperties: false,
      },
      encoding: {
        description: { contentType: 'text/plain' },
        file: { contentType: 'application/octet-stream' },
      },
    },
    'application/json': { schema: DATASET_DESCRIPTION as unknown as object },
  },
};

const TILE: Parameters = [
  {
    name: 'path',
    in: 'path',
    required: true,
    description: '`<L>/<N>[.p/W]` or `entries/<N>[.p/W]`, slashes as they are',
    example: '0/000.p/3',
    schema: { type: 'string', pattern: '^(entries|\\d{1,2})/(x\\d{3}/){0,4}\\d{3}(\\.p/\\d{1,3})?$' },
  },
];

const RANGES: Parameters = [
  ['Range', 'A single range of bytes, such as `bytes=0-1023`'],
  ['If-None-Match', 'Hashes the client has, as entity tags'],
  ['If-Range', 'Send the range only of this entity tag, and the whole of another'],
].map(([name, description]) => ({
  ...{ name, description, in: 'header', required: false },
  schema: { type: 'string' },
}));

/** What handlers read from the request itself, so that no decorator tells of it. */
const RAW: Readonly<Record<string, { body?: Body; parameters?: Parameters }>> = {
  UploadController_upload: { body: UPLOAD },
  DatasetUploadsController_upload: { body: DATASET },
  LogController_tile: { parameters: TILE },
  PayloadController_payload: { parameters: RANGES },
};

/** Adds to a description what operations read from raw requests. */
export function describeRawRequest(operation: Operation): void {
  const { body, parameters = [] } = RAW[operation.operationId ?? ''] ?? {};
  if (body !== undefined) operation.requestBody = body;
  const own = (operation.parameters ?? []).filter(
    (known) => '$ref' in known || !parameters.some((added) => !('$ref' in added) && sameName(added, known)),
  );
  operation.parameters = [...own, ...parameters];
}

function sameName(a: { name: string }, b: { name: string }): boolean {
  return a.name.toLowerCase() === b.name.toLowerCase();
}
