import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ValidationTypes } from 'class-validator';
import { Test } from '@nestjs/testing';
import { AppModule } from '../app.module.js';
import { testConfig } from '../../test/support/test-config.js';
import { externalDatabase } from '../database/index.js';
import { controllersBelow } from './guard-writes.js';
import { ANSWERED } from './open-api-answers.js';
import { describeApi, operationsOf } from './open-api.js';
import { DESCRIBED_IN_PLACE, TYPE_SCHEMAS, validatedClasses } from './request-schemas.js';

type OperationParameters = { readonly parameters?: readonly { name: string; schema?: object }[] };

let app: INestApplication;
let document: OpenAPIObject;
beforeAll(async () => {
  const config = testConfig();
  const root = AppModule.forRoot(config, externalDatabase('postgres://nowhere/nothing'));
  const controllers = [...new Set(controllersBelow(root))];
  const module = await Test.createTestingModule({ controllers })
    .useMocker(() => ({}))
    .compile();
  app = module.createNestApplication(new FastifyAdapter());
  document = describeApi(app);
});
afterAll(() => app.close());

type Schema = {
  readonly properties?: Readonly<Record<string, object>>;
  readonly additionalProperties?: boolean;
};

/** Whether a schema says anything about the values it takes. */
const says = (schema: object): boolean =>
  ['type', '$ref', 'allOf', 'anyOf', 'enum'].some((key) => key in schema) &&
  !('type' in schema && schema.type === 'object' && !('additionalProperties' in schema)) &&
  !('type' in schema && schema.type === 'array' && !('items' in schema));

const pathsOf = () => Object.entries(document.paths);

it('describes every endpoint in a line and how it refuses', () => {
  const operations = operationsOf(document);
  expect(operations.length).toBeGreaterThan(35);
  for (const { operationId, summary, responses } of operations) {
    expect([operationId, summary]).toEqual([operationId, expect.stringMatching(/^\S.{5,}$/)]);
    expect(responses.default).toMatchObject({ content: { 'application/problem+json': {} } });
  }
});

it('describes every field of every body, and that unknown ones are refused', () => {
  const { Problem, ...bodies } = document.components?.schemas as Record<string, Schema>;
  expect(Problem).toBeDefined();
  expect(Object.keys(bodies)).toEqual(expect.arrayContaining(['ChatCompletionDto', 'ChatMessageDto']));
  for (const [name, { properties = {}, additionalProperties }] of Object.entries(bodies)) {
    expect([name, Object.keys(properties).length]).not.toEqual([name, 0]);
    expect([name, additionalProperties]).toEqual([name, false]);
    for (const [field, schema] of Object.entries(properties))
      expect([name, field, says(schema)]).toEqual([name, field, true]);
  }
});

it('describes every class with rules that an endpoint takes', () => {
  const text = JSON.stringify(document);
  for (const [target, fields] of validatedClasses())
    for (const field of fields.keys())
      expect([target.name, field, text.includes(`"${field}"`)]).toEqual([target.name, field, true]);
});

it('describes every parameter', () => {
  for (const [path, methods] of pathsOf())
    for (const { parameters = [] } of Object.values(methods as Record<string, OperationParameters>))
      for (const { name, schema = {} } of parameters)
        expect([path, name, says(schema)]).toEqual([path, name, true]);
});

it('says what the rules say', () => {
  const schemas = document.components?.schemas as Record<string, Schema & { required?: string[] }>;
  const { required, properties } = schemas.ChatCompletionDto;
  expect(required?.toSorted()).toEqual(['messages', 'model']);
  expect(properties).toMatchObject({
    temperature: { type: 'number', minimum: 0, maximum: 2, nullable: true },
    model: { type: 'string', minLength: 1, maxLength: 200 },
    messages: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/ChatMessageDto' } },
    stream_options: { allOf: [{ $ref: '#/components/schemas/StreamOptionsDto' }], nullable: true },
  });
  expect(schemas.ChatMessageDto.properties?.role).toEqual({
    type: 'string',
    enum: ['system', 'developer', 'user', 'assistant', 'tool'],
  });
  expect(schemas.LogitsDto.properties?.ids).toMatchObject({ items: { type: 'integer', minimum: 0 } });
});

it('has the type of a field checked before anything else about it', () => {
  const types = new Set([...Object.keys(TYPE_SCHEMAS), ...DESCRIBED_IN_PLACE]);
  for (const [{ name }, fields] of validatedClasses())
    for (const [field, rules] of fields) {
      const [first] = rules.filter(({ type }) => type === ValidationTypes.CUSTOM_VALIDATION);
      const own = rules.some(({ each }) => each) ? 'isArray' : first?.name;
      if (first)
        expect([name, field, first.name, types.has(first.name ?? '')]).toEqual([name, field, own, true]);
    }
});

/** Every reference in a part of the description. */
function referencesIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    key === '$ref' ? [String(value)] : referencesIn(value),
  );
}

const responsesOf = (id: string) => operationsOf(document).find((it) => it.operationId === id)!.responses;

it('refers only to what is there', () => {
  const at = (reference: string) =>
    reference
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document);
  const references = referencesIn(document);
  expect(references.length).toBeGreaterThan(100);
  for (const reference of references)
    expect([reference, at(reference)]).toEqual([reference, expect.any(Object)]);
});

it('names every operation once, files it under a described tag, and says how it answers', () => {
  const operations = operationsOf(document);
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(ANSWERED.toSorted());
  const tags = document.tags?.map(({ name }) => name);
  for (const { operationId, tags: own, responses } of operations) {
    expect([operationId, tags]).toEqual([operationId, expect.arrayContaining(own ?? ['none'])]);
    const successes = Object.keys(responses).filter((status) => /^[23]/.test(status));
    expect([operationId, successes]).not.toEqual([operationId, []]);
    for (const [status, response] of Object.entries(responses))
      if (!('$ref' in response!))
        expect([operationId, status, response!.description]).toEqual([
          operationId,
          status,
          expect.stringMatching(/^\S.{5,}$/),
        ]);
  }
});

it('describes the parameters of every path', () => {
  for (const [path, methods] of pathsOf()) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(
      methods as Record<string, { parameters?: { name: string; in: string }[] }>,
    )) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([path, named.toSorted()]).toEqual([path, wanted.toSorted()]);
    }
  }
});

it('tells by status what may be refused, and when to try again', () => {
  expect(responsesOf('OpenAiController_chatCompletions')).toMatchObject({
    200: { content: { 'application/json': {}, 'text/event-stream': {} } },
    400: { $ref: '#/components/responses/BadRequest' },
    402: { $ref: '#/components/responses/FeeUnpaid' },
    429: { $ref: '#/components/responses/QueueFull' },
    503: { $ref: '#/components/responses/EngineAway' },
  });
  expect(document.components?.responses?.EngineAway).toMatchObject({ headers: { 'Retry-After': {} } });
  expect(Object.keys(responsesOf('ImportController_import'))).toEqual(
    expect.not.arrayContaining(['201', '409']),
  );
  expect(Object.keys(responsesOf('ChainController_publish'))).toEqual(
    expect.arrayContaining(['200', '201', '401', '403', '409', '413']),
  );
});

it('asks for a token where the guard does', () => {
  const asking = new Map(operationsOf(document).map(({ operationId, security }) => [operationId, security]));
  const token = [{ bearer: [] }];
  expect(asking.get('ChatController_chat')).toEqual(token);
  expect(asking.get('ReceiptsController_list')).toEqual(token);
  expect(asking.get('UploadController_state')).toEqual(token);
  expect(asking.get('ReceiptsController_verify')).toBeUndefined();
  expect(asking.get('ModelsController_list')).toBeUndefined();
});

it('describes the multipart upload field by field', () => {
  const { requestBody } = document.paths['/upload_moe_experts'].post!;
  expect(requestBody).toMatchObject({
    content: {
      'multipart/form-data': {
        schema: {
          required: ['header', 'payload'],
          properties: {
            header: { type: 'array', items: { type: 'string' } },
            payload: { type: 'array', items: { type: 'string', format: 'binary' } },
          },
        },
      },
      'application/json': { schema: { required: ['headers'] } },
    },
  });
});
