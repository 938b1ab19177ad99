import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Roles, type RoleName } from '../auth/index.js';

/** Where `Roles` keeps what it is told. */
const { KEY } = Roles();

/** Who may call the operations of an application, as `Roles` says, by operation id; undecorated ones are absent. */
export function declaredRoles(app: INestApplication): ReadonlyMap<string, readonly RoleName[]> {
  const roles = new Map<string, readonly RoleName[]>();
  for (const module of app.get(ModulesContainer, { strict: false }).values())
    for (const { metatype } of module.controllers.values())
      if (typeof metatype === 'function') collect(metatype, roles);
  return roles;
}

function collect(
  controller: { name: string; prototype?: unknown },
  into: Map<string, readonly RoleName[]>,
): void {
  const own = Object.getOwnPropertyDescriptors(controller.prototype ?? {});
  for (const [name, { value }] of Object.entries(own)) {
    if (typeof value !== 'function') continue;
    const declared = rolesOf(value as object) ?? rolesOf(controller);
    if (declared !== undefined) into.set(`${controller.name}_${name}`, declared);
  }
}

function rolesOf(target: object): readonly RoleName[] | undefined {
  return Reflect.getMetadata(KEY, target) as readonly RoleName[] | undefined;
}
