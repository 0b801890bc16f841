/** The `input_required` result that asks what is not answered yet, or nothing when all is. `state` comes back signed. */
export async function inputRequired(questions, { inputResponses, mint }, state) {
  const open = Object.entries(questions).filter(([key]) => inputResponses?.[key] === undefined);
  if (open.length === 0) return undefined;
  return {
    resultType: 'input_required',
    inputRequests: Object.fromEntries(open),
    ...(state !== undefined && { requestState: await mint(state) }),
  };
}

/** A question to the user. */
export function elicitation(message, requestedSchema) {
  return { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } };
}

/** A question to the model of the client. */
export function sampling(prompt, maxTokens = 100) {
  const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
  return { method: 'sampling/createMessage', params: { messages, maxTokens } };
}

/** The question for the client's roots. */
export function roots() {
  return { method: 'roots/list', params: {} };
}

/** The schema of a form with these fields, all of them required unless said otherwise. */
export function form(properties, required = Object.keys(properties)) {
  return { type: 'object', properties, required };
}
