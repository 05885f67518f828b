// Whether contrib/doc/openapi.json is what OpenAPI 3.1 says a document is: Debian has no validator of that version.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const load = createRequire(path.join(process.env.SYSTEMCHECK_NODE_PACKAGES, 'package.json'));
const { Validator } = await import(pathToFileURL(load.resolve('@seriousme/openapi-schema-validator')));
const document = fileURLToPath(new URL('../../contrib/doc/openapi.json', import.meta.url));

test('the description of the API is one', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.ok(valid, JSON.stringify(errors, undefined, 1));
  assert.equal(validator.version, '3.1');
});
