import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage, ValidationTypes, type MetadataStorage } from 'class-validator';

/** Where `@ApiProperty` keeps what it is told; the package does not export the name. */
const DESCRIPTIONS = 'swagger/apiModelProperties';

type Rule = ReturnType<MetadataStorage['getTargetValidationMetadatas']>[number];
type Schema = Readonly<Record<string, unknown>>;
type Dto = new () => object;

/** Rules that say what kind of value a field takes. As its first rule, this is what a wrong value is told about. */
export const TYPE_SCHEMAS: Readonly<Record<string, (constraints: Rule['constraints']) => Schema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isObject: () => ({ type: 'object', additionalProperties: true }),
  isArray: () => ({ type: 'array' }),
  isIn: ([values]) => ({ type: typeof (values as unknown[])[0], enum: values }),
  matches: ([pattern]) => ({ type: 'string', pattern: (pattern as RegExp).source }),
};

const LIMIT_SCHEMAS: typeof TYPE_SCHEMAS = {
  isBase64: () => ({ format: 'byte' }),
  min: ([minimum]) => ({ minimum }),
  max: ([maximum]) => ({ maximum }),
  isLength: ([minLength, maxLength]) => ({ minLength, maxLength }),
  maxLength: ([maxLength]) => ({ maxLength }),
  arrayMinSize: ([minItems]) => ({ minItems }),
  arrayMaxSize: ([maxItems]) => ({ maxItems }),
};

/** Rules of this server's own; each describes its property itself, with `@ApiProperty`. */
export const DESCRIBED_IN_PLACE: ReadonlySet<string> = new Set([
  'isInputList',
  'isLogitBias',
  'isPrompt',
  'isResponseFormat',
  'isStopList',
  'isTextContent',
  'isToolCallList',
  'isToolChoice',
  'isToolList',
]);

const ANYTHING: Schema = {
  anyOf: [{}],
  description: 'Known, but not offered: refused when it asks for something.',
};

/** Every class whose fields have rules, with the rules of each field (inherited ones too), first checked first. */
export function validatedClasses(): ReadonlyMap<Dto, ReadonlyMap<string, readonly Rule[]>> {
  const storage = getMetadataStorage();
  // The storage has no public list of its classes.
  const classes = Reflect.get(storage, 'validationMetadatas') as ReadonlyMap<Dto, unknown>;
  const rulesOf = (target: Dto) => storage.getTargetValidationMetadatas(target, '', false, false);
  return new Map(
    [...classes.keys()].map((target) => [
      target,
      Map.groupBy(rulesOf(target), ({ propertyName }) => propertyName),
    ]),
  );
}

/**
 * Tells the OpenAPI generator of every field what its rules say, so that rules are written once. A rule it knows no schema
 * for is a bug and throws.
 */
export function describeRequests(): void {
  for (const [target, fields] of validatedClasses()) {
    const defaults = new target();
    for (const [field, rules] of fields) {
      const initial: unknown = Reflect.get(defaults, field);
      const optional = initial !== undefined || rules.some(isLenient) || rules.every(isAllow);
      // What a parent class says of the field would be lost otherwise.
      const described = Reflect.getMetadata(DESCRIPTIONS, target.prototype, field) as object;
      const schema = { ...described, ...fieldSchema(rules), default: initial, required: !optional };
      ApiProperty(schema as ApiPropertyOptions)(target.prototype as object, field);
    }
  }
}

function fieldSchema(rules: readonly Rule[]): Schema {
  if (rules.every(isAllow)) return ANYTHING;
  const nested = rules.some(({ type }) => type === ValidationTypes.NESTED_VALIDATION);
  const checks = rules.filter(({ type }) => type === ValidationTypes.CUSTOM_VALIDATION);
  const own = Object.assign({}, ...checks.filter(({ each }) => !each).map(ruleSchema)) as Schema;
  if (nested) return Object.fromEntries(Object.entries(own).filter(([key]) => key !== 'type'));
  const members = Object.assign({}, ...checks.filter(({ each }) => each).map(ruleSchema)) as Schema;
  return own.type === 'array' ? { ...own, items: members } : own;
}

function ruleSchema({ name = '', constraints, target }: Rule): Schema {
  if (DESCRIBED_IN_PLACE.has(name)) return {};
  const schema = TYPE_SCHEMAS[name] ?? LIMIT_SCHEMAS[name];
  if (schema === undefined)
    throw new Error(`no schema for the rule ${name} of ${typeof target === 'string' ? target : target.name}`);
  return schema(constraints);
}

function isLenient({ type }: Rule): boolean {
  return type === ValidationTypes.CONDITIONAL_VALIDATION;
}

function isAllow({ type }: Rule): boolean {
  return type === ValidationTypes.WHITELIST;
}
