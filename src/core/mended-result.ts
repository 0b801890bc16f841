/** Member of a result's `_meta` that says what was changed so that clients take it: a list of lines. */
export const MENDED_RESULT = 'mcp-gateway/mendedResult';
