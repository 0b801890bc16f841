/** Where Node keeps what its `fetch` sends requests by; there after the first call of `fetch`. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

type Dispatcher = RequestInit['dispatcher'];

let dispatcher: Promise<Dispatcher> | undefined;

/**
 * `fetch` without its limit of 5 minutes on a response that is silent: how long a call may take is for its deadline to
 * say, and an idle event stream is in order. The same `fetch` where there is no such limit to lift.
 */
export async function patientFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  dispatcher ??= patientDispatcher();
  const patient = await dispatcher;
  return fetch(url, patient ? { ...init, dispatcher: patient } : init);
}

/** One of the kind that is in use, so that a proxy set up for this process stays in use. */
async function patientDispatcher(): Promise<Dispatcher> {
  try {
    await fetch('data:,');
    const current: unknown = Reflect.get(globalThis, DISPATCHER);
    if (typeof current !== 'object' || current === null) return undefined;
    return Reflect.construct(current.constructor, [{ bodyTimeout: 0, headersTimeout: 0 }]);
  } catch {
    return undefined;
  }
}
