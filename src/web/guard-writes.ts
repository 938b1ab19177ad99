import {
  RequestMethod,
  UseInterceptors,
  type DynamicModule,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA } from '@nestjs/common/constants.js';
import { WriteKeyInterceptor } from './write-key.interceptor.js';

type Import = NonNullable<ModuleMetadata['imports']>[number];

const READS: ReadonlySet<unknown> = new Set([RequestMethod.GET, RequestMethod.HEAD]);
/** Handlers that have the interceptor: an application may be made more than once in a process. */
const guarded = new WeakSet<object>();

/**
 * Puts `WriteKeyInterceptor` before every handler that writes, of all controllers below a module. It is no global one because even
 * an interceptor that does nothing costs a small read a tenth of its time. Must run before the application is made.
 */
export function guardWrites(root: DynamicModule): void {
  for (const { prototype } of controllersBelow(root)) {
    const members = Object.getOwnPropertyDescriptors(prototype as object);
    for (const [name, member] of Object.entries(members)) {
      const handler: unknown = member.value;
      if (typeof handler !== 'function' || !writes(handler) || guarded.has(handler)) continue;
      guarded.add(handler);
      UseInterceptors(WriteKeyInterceptor)(prototype as object, name, member);
    }
  }
}

function writes(handler: object): boolean {
  const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  return method !== undefined && !READS.has(method);
}

/** The controllers of a module and of all it imports. */
export function controllersBelow(module: Import, seen = new Set<unknown>()): Type[] {
  if (seen.has(module) || module instanceof Promise || 'forwardRef' in module) return [];
  seen.add(module);
  const [type, own] = 'module' in module ? [module.module, module] : [module, {} as ModuleMetadata];
  const declared = <T>(key: 'imports' | 'controllers') => [
    ...((own[key] ?? []) as T[]),
    ...((Reflect.getMetadata(key, type as object) ?? []) as T[]),
  ];
  const imports = declared<Import>(MODULE_METADATA.IMPORTS as 'imports');
  return [
    ...declared<Type>(MODULE_METADATA.CONTROLLERS as 'controllers'),
    ...imports.flatMap((each) => controllersBelow(each, seen)),
  ];
}
