import { RouteConfig } from '@nestjs/platform-fastify';

/** Lets a handler take request bodies up to that many bytes, instead of the server's usual limit. */
export function BodyLimit(bytes: number): MethodDecorator {
  return RouteConfig({ bodyLimit: bytes });
}
