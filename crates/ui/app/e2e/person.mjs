// A person who asks the desk without a browser: to prepare what a journey needs, and to be the other one in it.

export class Person {
  #base;
  #cookie;
  #csrf;

  constructor(base, cookie, csrf) {
    this.#base = base;
    this.#cookie = cookie;
    this.#csrf = csrf;
  }

  static async signIn(base, userName) {
    const answer = await fetch(`${base}/ges/api/v1/sign-in`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userName, password: "demo" }),
    });
    const { data, status } = await answer.json();
    if (!answer.ok) throw new Error(`${userName} cannot sign in: ${status.message}`);
    return new Person(base, answer.headers.getSetCookie()[0].split(";")[0], data.csrf);
  }

  /** What a browser must be given to be this person's. */
  get cookie() {
    const [name, value] = this.#cookie.split("=");
    return { name, value, domain: new URL(this.#base).hostname, path: "/ges" };
  }

  async ask(method, path, body, headers = {}) {
    const answer = await fetch(`${this.#base}/ges/api/v1/${path}`, {
      method,
      headers: { cookie: this.#cookie, "x-csrf-token": this.#csrf, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { data, status } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${status.code} ${status.message}`);
    return data;
  }

  get = (path) => this.ask("GET", path);
  post = (path, body = {}, headers) => this.ask("POST", path, body, headers);

  /** Changes a document as it stands now. */
  async put(path, body, revision) {
    return this.ask("PUT", path, body, { "if-match": `"${revision}"` });
  }

  async patch(path, body, revision) {
    return this.ask("PATCH", path, body, { "if-match": `"${revision}"` });
  }
}
