import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';
import { packageVersion } from '../common/installation.js';
import { describeAnswers, type Operation } from './open-api-answers.js';
import { describeRefusals, REFUSALS } from './open-api-refusals.js';
import { describeRawRequest } from './open-api-requests.js';
import { describeTag, TAGS } from './open-api-tags.js';
import { declaredRoles } from './operation-roles.js';
import { describeRequests } from './request-schemas.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

const PROBLEM: Schemas[string] = {
  type: 'object',
  description: 'What went wrong (RFC 9457). Below /v1/ it also has `error`, as clients of OpenAI read it.',
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
  properties: {
    type: { type: 'string', description: 'urn:stemma:problem: and the code' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', description: 'stable; meant for programs' },
    detail: { type: 'string', description: 'one sentence for people' },
    request_id: { type: 'string' },
    facts: { type: 'object', additionalProperties: true },
    error: {
      type: 'object',
      required: ['message', 'type', 'code', 'param'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        code: { type: 'string' },
        param: { type: 'string', nullable: true },
      },
    },
  },
};

/** Puts the OpenAPI description at `/docs/json` and a page to read it at `/docs`; built when first asked for. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
  });
}

/** The OpenAPI description of an application: its endpoints, what they take, and how they refuse. */
export function describeApi(app: INestApplication): OpenAPIObject {
  describeRequests();
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('Stemma')
      .setDescription(
        'Mixture-of-experts models whose every weight is a signed block and every answer a receipt.',
      )
      .setVersion(packageVersion())
      .addBearerAuth()
      .build(),
  );
  const bodies = (document.components ??= {}).schemas ?? {};
  for (const schema of Object.values(bodies)) if (!('$ref' in schema)) closeBody(schema);
  document.components.schemas = { ...bodies, Problem: PROBLEM };
  document.components.responses = REFUSALS;
  document.tags = TAGS;
  describeOperations(document, app);
  return document;
}

function describeOperations(document: OpenAPIObject, app: INestApplication): void {
  const declared = declaredRoles(app);
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods as Record<string, Operation>)) {
      // What the guard asks for where nothing is declared.
      const usual = method === 'get' ? 'public' : 'user';
      const roles = declared.get(operation.operationId ?? '') ?? [usual];
      describeTag(operation);
      describeRawRequest(operation);
      describeAnswers(operation);
      describeRefusals(operation, { path, method, roles });
    }
}

/** Every operation of a description. */
export function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths).flatMap(({ get, put, post, delete: remove, patch }) =>
    [get, put, post, remove, patch].filter((operation) => operation !== undefined),
  );
}

/** Unknown fields are refused; what may be absent may also be null. */
function closeBody(body: Exclude<Schemas[string], { $ref: string }>): void {
  body.additionalProperties = false;
  for (const [name, field] of Object.entries(body.properties ?? {})) {
    if (body.required?.includes(name)) continue;
    body.properties![name] =
      '$ref' in field ? { allOf: [field], nullable: true } : { ...field, nullable: true };
  }
}
