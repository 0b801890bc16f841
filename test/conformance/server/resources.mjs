import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { PNG } from './content.mjs';

const CONTENTS = {
  'test://static-text': { mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
  'test://watched-resource': { mimeType: 'text/plain', text: 'This is the content of the watched resource.' },
};

/** What `resources/list` answers. */
export const RESOURCES = Object.entries(CONTENTS).map(([uri, { mimeType }]) => ({
  uri,
  name: uri.slice('test://'.length),
  description: `A resource of ${mimeType}`,
  mimeType,
}));

/** What `resources/templates/list` answers. */
export const TEMPLATES = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template',
    description: 'Data by id',
    mimeType: 'application/json',
  },
];

/** Answers `resources/read`. */
export function readResource(uri) {
  const contents = Object.hasOwn(CONTENTS, uri) ? CONTENTS[uri] : fromTemplate(uri);
  if (!contents) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Resource not found', { uri });
  return { contents: [{ uri, ...contents }] };
}

function fromTemplate(uri) {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return undefined;
  return {
    mimeType: 'application/json',
    text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  };
}
