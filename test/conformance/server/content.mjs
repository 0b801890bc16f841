/** A PNG of one red pixel, in base64. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** A WAV of no samples, in base64. */
export const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

export const text = (words) => ({ type: 'text', text: words });
export const image = () => ({ type: 'image', data: PNG, mimeType: 'image/png' });
export const embedded = (uri, mimeType, words) => ({ type: 'resource', resource: { uri, mimeType, text: words } });

/** A tool of that name; `properties` of its arguments, all of them required. */
export function tool(name, description, run, properties = {}) {
  const required = Object.keys(properties);
  return {
    definition: {
      name,
      description,
      inputSchema: { type: 'object', properties, ...(required.length > 0 && { required }) },
    },
    run,
  };
}
