export const CLIENT_INFO = { name: 'conformance-client', version: '1.0.0' };

/** What the client declares: the SDK itself fills in the defaults of a form. */
export const CAPABILITIES = { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} };

/** Answers what servers ask: a form is accepted with nothing filled in but what is required to be. */
export function answerRequests(client) {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    if (params.mode === 'url') return openAddress(params.url);
    return { action: 'accept', content: 'confirmed' in params.requestedSchema.properties ? { confirmed: true } : {} };
  });
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'An answer' },
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  return client;
}

/** A browser whose user agrees to everything: it follows every redirect, the one back to the client included. */
async function openAddress(url) {
  await fetch(url);
  return { action: 'accept' };
}
