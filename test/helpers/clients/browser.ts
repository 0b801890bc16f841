/** What stands in the browser in the end. */
export interface Shown {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

export interface VisitOptions {
  /** The page that the browser cannot open: it stops at its address. */
  readonly unreachable?: (url: URL) => boolean;
}

/** What a person types into the fields of a form. */
const TYPED: Readonly<Record<string, string>> = { login: 'ada', password: 'of-ada' };
const MAX_PAGES = 30;

/** A browser of one person: keeps cookies, follows redirects, fills in every form and agrees to everything. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  async visit(address: string, { unreachable = () => false }: VisitOptions = {}): Promise<Shown> {
    let url = new URL(address);
    let init: RequestInit = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      if (unreachable(url)) return { url: String(url), status: 0, text: '' };
      const response = await this.#fetch(url, init);
      const text = await response.text();
      const next = response.headers.get('location') ?? formIn(text);
      if (!next) return { url: String(url), status: response.status, text };
      init = typeof next === 'string' ? {} : { method: 'POST', body: next.fields };
      url = new URL(typeof next === 'string' ? next : next.action, url);
    }
    throw new Error(`no end of pages at ${url}`);
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }
}

interface Form {
  readonly action: string;
  readonly fields: URLSearchParams;
}

function formIn(html: string): Form | undefined {
  const [form, action] = /<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(html) ?? [];
  if (form === undefined || action === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name) fields.set(name, TYPED[name] ?? /value="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  return { action: action.replaceAll('&amp;', '&'), fields };
}
