import { Validator } from '@cfworker/json-schema';
import { expect } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { RestApi } from '../gateway/rest-api.ts';

type Content = Record<string, { readonly schema: JsonObject }>;

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, { readonly description: string; readonly content?: Content }>;
}

/** An OpenAPI document as far as tests look into it. */
export type OpenApi = JsonObject & {
  readonly openapi: string;
  readonly info: JsonObject;
  readonly tags: readonly { readonly name: string }[];
  readonly security: readonly object[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: JsonObject; readonly securitySchemes: JsonObject };
};

/** The document that an API serves. */
export function openApiOf(api: RestApi, caller?: string): Promise<OpenApi> {
  return api.json<OpenApi>('/openapi.json', { caller });
}

/** Expects a JSON answer to be one that the document describes for that operation; gives its body. */
export async function documented(api: RestApi, method: string, path: string, response: Response): Promise<JsonObject> {
  const { paths, components } = await openApiOf(api);
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const at = `${method} ${path} ${response.status} ${type}`;
  const schema = paths[path]?.[method]?.responses[response.status]?.content?.[type]?.schema;
  expect(schema, `${at} is documented`).toBeDefined();
  const body = (await response.json()) as JsonObject;
  const { valid, errors } = new Validator({ ...schema, components } as object, '2020-12').validate(body);
  expect(valid, `${at}: ${JSON.stringify(errors)}`).toBe(true);
  return body;
}
