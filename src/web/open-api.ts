import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { packageVersion } from './version-report.js';

/** Puts the OpenAPI description at `/docs/json` and a page to read it at `/docs`; built when first asked for. */
export function serveOpenApi(app: NestFastifyApplication): void {
  const describe = () =>
    SwaggerModule.createDocument(
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
  SwaggerModule.setup('docs', app, describe, { jsonDocumentUrl: 'docs/json', yamlDocumentUrl: 'docs/yaml' });
}
