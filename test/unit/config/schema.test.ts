import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ENTRY_KEYS, jsonSchema } from '../../../src/config/schema.ts';
import { settingsSchema } from '../../../src/config/settings.ts';
import { BIN } from '../../helpers/gateway/gateway-process.ts';

/** Every `properties` object below a schema. */
function* objectsIn(schema: unknown): Generator<Record<string, { description?: string }>> {
  if (schema === null || typeof schema !== 'object') return;
  if ('properties' in schema) yield schema.properties as Record<string, { description?: string }>;
  for (const value of Object.values(schema)) yield* objectsIn(value);
}

test('the JSON Schema has every field and every default of the one schema, each with its prose [config.schema-source]', () => {
  const objects = [...objectsIn(jsonSchema())];
  const has = (fields: readonly string[]) =>
    objects.some((properties) => fields.every((field) => Object.hasOwn(properties, field)));
  for (const fields of Object.values(ENTRY_KEYS)) expect(has(fields), fields.join()).toBe(true);
  expect(has(Object.keys(settingsSchema.shape))).toBe(true);
  const enabled = objects.flatMap((properties) => properties.enabled ?? []);
  for (const field of enabled) expect(JSON.stringify(field)).toMatch(/"description"|"\$ref"/);
});

test('`mcp-gateway schema` prints that schema [config.schema-command]', () => {
  const printed = execFileSync(process.execPath, [BIN, 'schema'], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});
