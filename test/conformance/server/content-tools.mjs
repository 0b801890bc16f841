import { embedded, image, text, tool, WAV } from './content.mjs';

const answering = (name, description, ...content) => tool(name, description, () => ({ content }));

/** Tools that only differ in what they answer. */
export const CONTENT_TOOLS = [
  answering('test_simple_text', 'Answers with text', text('This is a simple text response for testing.')),
  answering('test_image_content', 'Answers with an image', image()),
  answering('test_audio_content', 'Answers with audio', { type: 'audio', data: WAV, mimeType: 'audio/wav' }),
  answering(
    'test_embedded_resource',
    'Answers with an embedded resource',
    embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ),
  answering(
    'test_multiple_content_types',
    'Answers with text, an image and a resource',
    text('Multiple content types test:'),
    image(),
    embedded('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
  ),
  tool('test_error_handling', 'Always fails', () => ({
    content: [text('This tool intentionally returns an error for testing')],
    isError: true,
  })),
  {
    definition: {
      name: 'json_schema_2020_12_tool',
      description: 'Its schema uses what JSON Schema 2020-12 has to offer',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: {
          address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: { type: 'string' }, city: { type: 'string' } },
          },
        },
        properties: {
          name: { type: 'string' },
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: { type: 'string' },
          email: { type: 'string' },
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      },
    },
    run: (args) => ({ content: [text(JSON.stringify(args))] }),
  },
];
