/** Members of a tool that are schemas. */
const SCHEMAS = /^(?:input|output)Schema$/;
/** Keywords whose value is a schema, or a list of them. */
const SUBSCHEMAS =
  /^(?:items|prefixItems|additionalItems|unevaluatedItems|contains|additionalProperties|unevaluatedProperties|propertyNames|allOf|anyOf|oneOf|not|if|then|else|contentSchema|\d+)$/;
/** Keywords whose value has schemas under names of its own. */
const NAMED_SCHEMAS = /^(?:properties|patternProperties|\$defs|definitions|dependentSchemas|dependencies)$/;

/** Whether that place in a definition is the keyword `pattern` of a schema, and not a name, or data such as a default. */
export function isPattern(path: readonly string[]): boolean {
  const [root = '', ...keys] = path;
  if (!SCHEMAS.test(root) || keys.pop() !== 'pattern') return false;
  let isName = false;
  for (const key of keys) {
    if (!isName && !SUBSCHEMAS.test(key) && !NAMED_SCHEMAS.test(key)) return false;
    isName = !isName && NAMED_SCHEMAS.test(key);
  }
  return !isName;
}
