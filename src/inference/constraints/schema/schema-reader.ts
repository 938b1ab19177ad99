import { canonicalJson, type Json } from '../../../common/canonical-json.js';
import { ChoiceNode } from '../states/choice.js';
import { ListNode } from '../states/list.js';
import { LiteralNode } from '../states/literal.js';
import type { Property } from '../states/record-rules.js';
import { RecordNode } from '../states/record.js';
import type { SchemaNode } from '../states/schema-node.js';
import { TextNode } from '../states/text.js';
import { Disjointness, kindOf } from './disjoint.js';
import {
  countOf,
  isAssertion,
  isSchemaObject,
  refuseOthers,
  TYPES,
  typesOf,
  type SchemaObject,
  type SchemaType,
} from './keywords.js';
import { MOST_ALTERNATIVES } from './limits.js';
import { integerNode, numberNode } from './numbers.js';
import { invalid, tooLarge, unsupported, type SchemaPath } from './refusals.js';
import { resolvePointer } from './pointer.js';

/** Schemas within schemas, references included, at most. */
const DEEPEST_READ = 256;

/** Any JSON value. */
const ANYTHING: SchemaObject = {};

/** Reads a schema into nodes. What it throws is a `SchemaRefusal`. */
export class SchemaReader {
  /** Every node that was made. */
  readonly nodes: SchemaNode[] = [];
  private readonly known = new Map<string, SchemaNode>();
  private readonly disjointness: Disjointness;
  private depth = 0;

  constructor(private readonly root: Json) {
    this.disjointness = new Disjointness((reference) => resolvePointer(root, String(reference), '#'));
  }

  /** The node of a schema; equal schemas (in the order of their members, too) are one node, so that recursion ends. */
  read(schema: Json, path: SchemaPath): SchemaNode {
    const name = JSON.stringify(schema);
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.depth++ > DEEPEST_READ) tooLarge(path, `references lead more than ${DEEPEST_READ} levels deep`);
    const node = this.make((id) => new ChoiceNode(id));
    this.known.set(name, node);
    node.alternatives = this.alternatives(schema, path);
    this.depth--;
    return node;
  }

  private alternatives(schema: Json, path: SchemaPath): SchemaNode[] {
    if (schema === true) return this.alternatives(ANYTHING, path);
    if (schema === false) return [];
    if (!isSchemaObject(schema)) return invalid(path, 'a schema is an object, true or false');
    for (const keyword of ['$ref', 'anyOf', 'oneOf', 'allOf'] as const) {
      if (schema[keyword] === undefined) continue;
      refuseOthers(schema, (other) => other === keyword, path);
      return this[keyword](schema[keyword], path);
    }
    if (schema.const !== undefined || schema.enum !== undefined) return [this.constants(schema, path)];
    refuseOthers(schema, (keyword) => keyword === 'type' || isAssertion(keyword), path);
    const types = typesOf(schema, path) ?? TYPES.filter((type) => type !== 'integer');
    return types
      .filter((type) => type !== 'integer' || !types.includes('number'))
      .map((type) => this.ofType(type, schema, path));
  }

  private $ref(reference: Json, path: SchemaPath): SchemaNode[] {
    if (typeof reference !== 'string') return invalid(path, '$ref must be a string');
    return [this.read(resolvePointer(this.root, reference, path), reference)];
  }

  private anyOf(schemas: Json, path: SchemaPath): SchemaNode[] {
    return this.listed(schemas, `${path}/anyOf`).map((schema, i) => this.read(schema, `${path}/anyOf/${i}`));
  }

  /** Only where it means the same as `anyOf`. */
  private oneOf(schemas: Json, path: SchemaPath): SchemaNode[] {
    const list = this.listed(schemas, `${path}/oneOf`);
    const overlap = list.some((a, i) => list.slice(i + 1).some((b) => !this.disjointness.of(a, b)));
    if (overlap) unsupported(path, 'oneOf whose alternatives may overlap (anyOf is)');
    return list.map((schema, i) => this.read(schema, `${path}/oneOf/${i}`));
  }

  private allOf(schemas: Json, path: SchemaPath): SchemaNode[] {
    const list = this.listed(schemas, `${path}/allOf`);
    if (list.length > 1) unsupported(path, 'allOf with several schemas');
    return [this.read(list[0], `${path}/allOf/0`)];
  }

  private listed(schemas: Json, path: SchemaPath): readonly Json[] {
    if (!Array.isArray(schemas) || schemas.length === 0)
      return invalid(path, 'there must be a list of schemas');
    if (schemas.length > MOST_ALTERNATIVES)
      tooLarge(path, `more than ${MOST_ALTERNATIVES} alternatives at ${path}`);
    return schemas as Json[];
  }

  private constants(schema: SchemaObject, path: SchemaPath): SchemaNode {
    refuseOthers(schema, (keyword) => ['const', 'enum', 'type'].includes(keyword), path);
    if (schema.enum !== undefined && !Array.isArray(schema.enum)) invalid(path, 'enum must be a list');
    const listed = (schema.enum ?? [schema.const]) as readonly Json[];
    const types = typesOf(schema, path);
    const allowed = listed.filter(
      (value) =>
        (schema.const === undefined || canonicalJson(value) === canonicalJson(schema.const)) &&
        (types === null ||
          types.includes(kindOf(value)) ||
          (types.includes('integer') && Number.isInteger(value))),
    );
    return this.make(
      (id) =>
        new LiteralNode(
          id,
          allowed.map((value) => JSON.stringify(value)),
        ),
    );
  }

  private ofType(type: SchemaType, schema: SchemaObject, path: SchemaPath): SchemaNode {
    if (type === 'object') return this.record(schema, path);
    if (type === 'array') return this.list(schema, path);
    if (type === 'null') return this.make((id) => new LiteralNode(id, ['null']));
    if (type === 'boolean') return this.make((id) => new LiteralNode(id, ['true', 'false']));
    if (type === 'integer') return this.make((id) => integerNode(id, schema, path));
    if (type === 'number') return this.make((id) => numberNode(id, schema, path));
    const min = countOf(schema, 'minLength', 0, path);
    return this.make((id) => new TextNode(id, min, countOf(schema, 'maxLength', Infinity, path)));
  }

  private list(schema: SchemaObject, path: SchemaPath): SchemaNode {
    const first = schema.prefixItems ?? [];
    if (!Array.isArray(first)) return invalid(path, 'prefixItems must be a list');
    if (Array.isArray(schema.items)) unsupported(path, 'a list of items (prefixItems is)');
    const node = this.make((id) => new ListNode(id));
    node.rules = {
      first: (first as Json[]).map((item, i) => this.read(item, `${path}/prefixItems/${i}`)),
      rest: this.read(schema.items ?? true, `${path}/items`),
      min: countOf(schema, 'minItems', 0, path),
      max: countOf(schema, 'maxItems', Infinity, path),
    };
    return node;
  }

  /** Where properties are listed, there are others only if `additionalProperties` says so. */
  private record(schema: SchemaObject, path: SchemaPath): SchemaNode {
    const listed = schema.properties ?? {};
    if (!isSchemaObject(listed)) return invalid(path, 'properties must be an object');
    const required = schema.required ?? [];
    if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) {
      return invalid(path, 'required must be a list of names');
    }
    const others = schema.additionalProperties ?? (schema.properties === undefined ? true : null);
    const node = this.make((id) => new RecordNode(id));
    const named = Object.entries(listed).map(([name, property]): Property => ({
      name,
      node: this.read(property, `${path}/properties/${escapePointer(name)}`),
      required: required.includes(name),
    }));
    const unlisted = [...new Set(required as string[])].filter((name) => !Object.hasOwn(listed, name));
    const additional = unlisted.map((name): Property => ({
      name,
      node: this.read(others ?? true, `${path}/additionalProperties`),
      required: true,
    }));
    const rest =
      others === null || others === false ? null : this.read(others, `${path}/additionalProperties`);
    node.define([...named, ...additional], rest);
    return node;
  }

  private make<T extends SchemaNode>(create: (id: number) => T): T {
    const node = create(this.nodes.length);
    this.nodes.push(node);
    return node;
  }
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
