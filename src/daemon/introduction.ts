import { isJsonObject, type JsonObject } from '../core/json.ts';

/** What a client has said of itself and asked to be told: a daemon that comes to serve it in the middle is told it again. */
export class Introduction {
  /** By what they are about; a later one takes the place of an earlier one. */
  readonly #said = new Map<string, JsonObject>();

  /** Takes note of a message of the client. */
  observe(message: JsonObject): void {
    const { method } = message;
    const uri = isJsonObject(message.params) ? message.params.uri : undefined;
    if (method === 'initialize' || method === 'notifications/initialized' || method === 'logging/setLevel')
      this.#said.set(method, message);
    else if (method === 'resources/subscribe') this.#said.set(`follow ${uri}`, message);
    else if (method === 'resources/unsubscribe') this.#said.delete(`follow ${uri}`);
  }

  /** These messages, in the order in which they were first said. */
  get messages(): readonly JsonObject[] {
    return [...this.#said.values()];
  }
}
