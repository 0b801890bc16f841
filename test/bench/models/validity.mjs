import { Validator } from '@cfworker/json-schema';

/**
 * What a schema refuses about arguments, by another validator than the gateway's own; undefined: nothing. A schema that
 * cannot be read refuses nothing.
 * @param {object} schema
 * @param {object} args
 * @returns {string | undefined}
 */
export function faultIn(schema, args) {
  try {
    const { valid, errors } = new Validator(schema, '2020-12').validate(args);
    return valid ? undefined : (errors.at(-1)?.error ?? 'not valid');
  } catch {
    return undefined;
  }
}
